// Shows HTML that the pages made, and says what somebody did with it: one component for all pages.
//   data-do="x" data-...     a button or form: sends {do: "x", ...}, a form with its `value`
//   data-pick="id"           a tile that can be picked; the ids of all picked ones are kept
//   data-draw                a switch: the next rectangle drawn on the picture is sent as {do: "draw"}
// On a page with the file chooser of photos, pictures that are pasted go where dropped ones go.
export default function (component) {
  const root = component.parentElement.querySelector(".kd-live");
  const first = !root.kd;
  const kd = (root.kd = root.kd || { html: null, picked: new Set() });
  kd.act = (what) => component.setTriggerValue("act", { ...what, at: Date.now() });
  kd.pick = () => component.setStateValue("picked", [...kd.picked]);
  kd.names = new Set(component.data.names || []);
  if (kd.html !== component.data.html) {
    const at = focused(root);
    root.innerHTML = kd.html = component.data.html;
    for (const tile of root.querySelectorAll("[data-pick]")) {
      if (tile.getAttribute("aria-pressed") === "true") kd.picked.add(tile.dataset.pick);
    }
    if (at !== null) root.querySelectorAll("button, input")[at]?.focus({ preventScroll: true });
  }
  if (first) listen(root, kd);
}

function paste(event) {
  const input = document.querySelector(".st-key-tag-uploads input[type=file]");
  const pictures = [...(event.clipboardData?.files || [])].filter((file) => file.type.startsWith("image/"));
  if (!input || !pictures.length) return;
  event.preventDefault();
  const chosen = new DataTransfer();
  for (const picture of pictures) chosen.items.add(picture);
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
document.removeEventListener("paste", window.kindredPaste); // of an earlier load of this module
document.addEventListener("paste", (window.kindredPaste = paste));

// Which control has the focus, so that it has it again when the page is drawn anew.
function focused(root) {
  const at = [...root.querySelectorAll("button, input")].indexOf(document.activeElement);
  return at < 0 ? null : at;
}

function listen(root, kd) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do], [data-pick], [data-draw]");
    if (!button || !root.contains(button) || button.tagName === "FORM") return;
    if ("draw" in button.dataset) return draw(root, kd, button);
    if ("pick" in button.dataset) return pick(kd, button);
    kd.act({ ...button.dataset });
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    name(kd, event.target, true);
  });
  root.addEventListener("change", (event) => {
    if (event.target.form) name(kd, event.target.form, false);
  });
  root.addEventListener("keydown", (event) => {
    const input = event.target;
    if (event.key !== "Escape" || input.tagName !== "INPUT") return;
    input.value = input.defaultValue;
    input.blur();
  });
  root.addEventListener("focusin", (event) => {
    if (event.target.tagName === "INPUT") event.target.select();
  });
}

// Enter keeps any name; leaving the field keeps only one that is known already.
function name(kd, form, entered) {
  const input = form.querySelector("input");
  const value = input.value.trim();
  if (!value || value === input.defaultValue || value === kd.sent) return;
  if (!entered && !kd.names.has(value)) return;
  kd.sent = value;
  setTimeout(() => (kd.sent = null), 1500); // Enter is a change as well
  kd.act({ ...form.dataset, value });
}

function pick(kd, tile) {
  const on = tile.getAttribute("aria-pressed") !== "true";
  tile.setAttribute("aria-pressed", on);
  kd.picked[on ? "add" : "delete"](tile.dataset.pick);
  kd.pick();
}

function draw(root, kd, button) {
  const picture = root.querySelector(".kd-picture");
  const on = picture.classList.toggle("kd-drawing");
  button.setAttribute("aria-pressed", on);
  picture.onpointerdown = !on ? null : (down) => {
    down.preventDefault();
    const frame = picture.getBoundingClientRect();
    const place = (event) => [
      Math.min(Math.max((event.clientX - frame.left) / frame.width, 0), 1),
      Math.min(Math.max((event.clientY - frame.top) / frame.height, 0), 1),
    ];
    const [x, y] = place(down);
    const line = picture.appendChild(document.createElement("div"));
    line.className = "kd-drawn";
    let box = [x, y, x, y];
    picture.setPointerCapture(down.pointerId);
    picture.onpointermove = (move) => {
      const [u, v] = place(move);
      box = [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];
      const [left, top, width, height] = [box[0], box[1], box[2] - box[0], box[3] - box[1]];
      Object.assign(line.style, {
        left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%`,
      });
    };
    picture.onpointerup = () => {
      picture.onpointermove = picture.onpointerup = picture.onpointerdown = null;
      picture.classList.remove("kd-drawing");
      button.setAttribute("aria-pressed", false);
      line.remove();
      const big = (box[2] - box[0]) * frame.width > 8 && (box[3] - box[1]) * frame.height > 8;
      if (big) kd.act({ do: "draw", box });
    };
  };
}
