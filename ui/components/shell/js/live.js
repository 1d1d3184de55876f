// Shows HTML that the pages made, and says what somebody did with it: one component for all pages.
//   data-do="x" data-...     a button or form: sends {do: "x", ...}, a form with its `value`
//   data-pick="id"           a tile that can be picked; the ids of all picked ones are kept
//   .kd-tile                 arrows, Home and End go to another tile of the wall
//   data-all                 picks all tiles, or none when all are picked
//   data-to="id"             scrolls to that element, too
//   data-draw                a switch: the next rectangle drawn on the picture is sent as {do: "draw"}
//   data-face="id"           what belongs to one face: its outline, its row; they light up together
//   data-key="k"             an element that is the same whenever the page is drawn anew
// What was done is shown at once and waits in a queue until the page says that it was carried out,
// so that nothing is lost, and nothing done twice, however quickly one works.
// On a page with the file chooser of photos, films that are dropped or chosen are sent to disk in
// pieces, see `ui.actions.server.film_routes`, and pictures that are pasted go where dropped ones go.
export default function (component) {
  const root = component.parentElement.querySelector(".kd-live");
  const first = !root.kd;
  const kd = (root.kd = root.kd || { html: null, picked: new Set(), queue: [], last: 0 });
  kd.send = () => component.setTriggerValue("acts", [...kd.queue]);
  kd.pick = () => component.setStateValue("picked", [...kd.picked]);
  if (first) listen(root, kd);
  const done = kd.queue.filter((act) => act.at <= (component.data.done || 0));
  kd.queue = kd.queue.filter((act) => !done.includes(act));
  for (const act of done) forget(root, act, (component.data.failed || []).includes(act.at));
  if (kd.html !== component.data.html || done.length) {
    kd.html = component.data.html;
    render(root, kd, done);
  }
}

function render(root, kd, done) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const [row, rows, before] = [focused && rowOf(focused), rowsOf(root).map(keyOf), faces(root)];
  const template = document.createElement("template");
  template.innerHTML = kd.html;
  if (kd.rendered) {
    kd.rendering = true;
    morphChildren(root, template.content);
    kd.rendering = false;
  } else {
    root.replaceChildren(template.content);
    kd.rendered = true;
  }
  for (const tile of tilesOf(root)) {
    if (kd.picked.has(tile.dataset.pick)) tile.setAttribute("aria-pressed", "true");
    else if (isPicked(tile)) kd.picked.add(tile.dataset.pick);
  }
  sayAll(root);
  for (const act of kd.queue) foresee(root, act);
  const added = faces(root).find((id) => !before.includes(id));
  if (done.some((act) => act.do === "draw") && added) fieldOf(root, added)?.focus();
  else if (focused && document.activeElement !== focused) refocus(root, focused, row, rows);
  viewer(root, kd);
}

// The control that had the cursor, or if it is gone the name of its face or group, or of the next
// one: never another button, which the next press of a key would press, and no other field when
// somebody is typing, for what is half typed would be another's name.
function refocus(root, focused, row, rows) {
  if (root.contains(focused)) return focused.focus({ preventScroll: true });
  if (focused.tagName === "INPUT" && isDraft(focused)) return;
  const after = row ? rows.slice(rows.indexOf(row)) : [];
  const left = new Map(rowsOf(root).map((one) => [keyOf(one), one.querySelector("input")]));
  after.map((key) => left.get(key)).find(Boolean)?.focus({ preventScroll: true });
}

const rowsOf = (root) => [...root.querySelectorAll(".kd-row, .kd-group")];
const rowOf = (element) => {
  const face = faceOf(element);
  return face ? `row-${face}` : element.closest(".kd-group")?.dataset.key;
};
const faces = (root) => [...root.querySelectorAll(".kd-row[data-face]")].map((r) => r.dataset.face);
const faceOf = (element) => element.closest("[data-face]")?.dataset.face;
const ofFace = (root, id, what = "") =>
  [...root.querySelectorAll(`${what}[data-face]`)].filter((e) => e.dataset.face === id);
const fieldOf = (root, id) => ofFace(root, id, ".kd-row")[0]?.querySelector("input");

function listen(root, kd) {
  root.addEventListener("click", (event) => {
    if (event.detail < 2) kd.clicked = faceOf(event.target);
    // The second click of a double click, when the first one has put another face there.
    else if (kd.clicked !== faceOf(event.target)) return;
    const button = event.target.closest("[data-do], [data-pick], [data-all], [data-draw], .kd-face");
    if (!button || !root.contains(button) || button.tagName === "FORM") return;
    // What an act is about may stand further below.
    document.getElementById(button.dataset.to)?.scrollIntoView({ behavior: "smooth" });
    if ("draw" in button.dataset) draw(root, kd, button);
    else if ("pick" in button.dataset) pick(root, kd, [button], !isPicked(button));
    else if ("all" in button.dataset) pick(root, kd, tilesOf(root), !tilesOf(root).every(isPicked));
    else if ("do" in button.dataset) act(root, kd, { ...button.dataset });
    else focusName(root, kd, button, event.detail);
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    name(root, kd, event.target);
    if (event.target.dataset.do === "name") nextUnnamed(event.target.querySelector("input"));
  });
  root.addEventListener("change", (event) => {
    // A field that goes away while somebody types leaves half a name, which nobody meant.
    if (event.target.form && !kd.rendering) name(root, kd, event.target.form);
  });
  root.addEventListener("keydown", (event) => {
    const input = event.target;
    // What is pressed in the viewer is not meant for the page below, which has keys of its own.
    if (input.closest(".kd-viewer")) event.stopPropagation();
    if (input.matches(".kd-tile")) stepTile(event, input);
    if (event.key !== "Escape" || input.tagName !== "INPUT") return;
    event.preventDefault(); // it is meant for the field, not for the page
    event.stopPropagation();
    input.value = input.defaultValue;
    input.blur();
  });
  root.addEventListener("focusin", (event) => {
    if (event.target.tagName === "INPUT" && !isDraft(event.target)) event.target.select();
    light(root, event.target);
  });
  for (const kind of ["mouseover", "mouseout", "focusout"]) {
    root.addEventListener(kind, (event) => light(root, kind === "mouseover" ? event.target : null));
  }
  setInterval(() => kd.queue.length && root.isConnected && kd.send(), 15000); // after a lost connection
}

// A click on a face is for its name; a double click in the viewer is for a larger picture.
function focusName(root, kd, outline, clicks) {
  clearTimeout(kd.focusing);
  const focus = () => fieldOf(root, outline.dataset.face)?.focus({ preventScroll: true });
  if (!outline.closest(".kd-stage")) focus();
  else if (clicks < 2) kd.focusing = setTimeout(focus, 250);
}

// Puts something into the queue; the same thing twice, before it was carried out, is done once.
function act(root, kd, what) {
  const same = ({ at, ...rest }) => JSON.stringify(rest) === JSON.stringify(what);
  if (kd.queue.some(same)) return;
  kd.last = Math.max(Date.now(), kd.last + 1);
  kd.queue.push({ ...what, at: kd.last });
  foresee(root, what);
  kd.send();
}

// What an act is about: a face's outline and row, or a group of faces.
function partsOf(root, what) {
  if (what.face) return ofFace(root, what.face);
  return what.group ? [...root.querySelectorAll("[data-part]")].filter((e) => e.dataset.part === what.group) : [];
}

// Shows at once what an act is going to change.
function foresee(root, what) {
  const parts = partsOf(root, what);
  for (const part of parts) {
    part.dataset.pending = what.do;
    const label = part.querySelector(".kd-name bdi");
    if (what.do === "name" && label) {
      label.textContent = what.value;
      part.classList.replace("kd-unknown", "kd-known");
    }
  }
  if (!parts.length) root.dataset.pending = what.do;
  foreseeViewer(root, what);
}

function forget(root, what, failed) {
  for (const part of partsOf(root, what)) delete part.dataset.pending;
  delete root.dataset.pending;
  for (const part of root.querySelectorAll(".kd-viewer, .kd-stage")) delete part.dataset.pending;
  const input = failed && what.do === "name" && fieldOf(root, what.face);
  if (input) delete input.dataset.sent; // so that what was typed stays
}

// A name is kept by Enter, and when its field is left.
function name(root, kd, form) {
  const input = form.querySelector("input");
  const value = input.value.trim();
  if (!value) input.value = input.defaultValue;
  if (!value || !isDraft(input)) return;
  input.dataset.sent = value;
  act(root, kd, { ...form.dataset, value });
}

function nextUnnamed(input) {
  const all = [...document.querySelectorAll(".kd-live form[data-do=name] input")];
  const at = all.indexOf(input);
  const next = [...all.slice(at + 1), ...all.slice(0, at)].find((one) => !one.value);
  next?.focus();
}

function light(root, element) {
  const face = element && root.contains(element) ? faceOf(element) : faceOf(focusIn(root));
  for (const lit of root.querySelectorAll("[data-lit]")) {
    if (lit.dataset.face !== face) delete lit.dataset.lit;
  }
  if (face) for (const part of ofFace(root, face)) part.dataset.lit = "";
}

function focusIn(root) {
  return root.contains(document.activeElement) ? document.activeElement : root;
}

// Moves the cursor over a wall, whose rows need not have the same number of tiles.
function stepTile(event, tile) {
  const tiles = [...tile.closest(".kd-wall").querySelectorAll(".kd-tile:not(:disabled)")];
  const at = tiles.indexOf(tile);
  const place = (one) => one.closest("li").getBoundingClientRect();
  const middle = (one) => place(one).left + place(one).width / 2;
  const far = (one) => Math.abs(place(one).top - place(tile).top);
  const aside = (one) => Math.abs(middle(one) - middle(tile));
  const nextRow = (way) => {
    const there = tiles.filter((one) => way * (place(one).top - place(tile).top) > 9);
    const row = there.filter((one) => far(one) - Math.min(...there.map(far)) < 9);
    return row.sort((one, other) => aside(one) - aside(other))[0];
  };
  const keys = { ArrowLeft: () => tiles[at - 1], ArrowRight: () => tiles[at + 1], Home: () => tiles[0], End: () => tiles.at(-1), ArrowUp: () => nextRow(-1), ArrowDown: () => nextRow(1) };
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]()?.focus();
}

const tilesOf = (root) => [...root.querySelectorAll("[data-pick]")];
const isPicked = (tile) => tile.getAttribute("aria-pressed") === "true";

function pick(root, kd, tiles, on) {
  for (const tile of tiles) {
    tile.setAttribute("aria-pressed", on);
    kd.picked[on ? "add" : "delete"](tile.dataset.pick);
  }
  sayAll(root);
  kd.pick();
}

function sayAll(root) {
  const button = root.querySelector("[data-all]");
  if (button) button.textContent = tilesOf(root).every(isPicked) ? "Pick none" : "Pick all";
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
      if (big) act(root, kd, { do: "draw", box });
    };
  };
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
// Films do not go through the file chooser, which would hold them in memory: each is sent to the
// disk as it is read, one after the other, and then told to the page.
const FILM = /\.(mp4|mov|m4v|avi|mkv|webm|3gp|mts)$/i;
function takeFilms(event) {
  const place = document.querySelector("[data-films]");
  const input = document.querySelector(".st-key-tag-uploads input[type=file]");
  const isDrop = event.type === "drop";
  if (!place || !input || (isDrop ? !event.target.closest?.(".st-key-tag-uploads") : event.target !== input)) return;
  const files = [...((isDrop ? event.dataTransfer : input)?.files || [])];
  const films = files.filter((file) => FILM.test(file.name));
  if (!films.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const others = new DataTransfer();
  for (const file of files.filter((one) => !films.includes(one))) others.items.add(file);
  input.files = others.files;
  if (others.files.length) input.dispatchEvent(new Event("change", { bubbles: true }));
  films.reduce((before, film) => before.then(() => sendFilm(place, film)), Promise.resolve());
}

function sendFilm(place, film) {
  const root = place.closest(".kd-live");
  const line = document.createElement("p");
  const [label, bar] = [document.createElement("bdi"), document.createElement("progress")];
  line.className = "kd-sending";
  line.dataset.key = `sending-${film.name}`;
  label.textContent = film.name;
  line.append(label, " ", bar);
  root.parentElement.append(line);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", `films?name=${encodeURIComponent(film.name)}`);
    request.setRequestHeader("X-Kindred", "film");
    request.upload.onprogress = (step) => (bar.value = step.loaded / step.total);
    const failed = (why) => {
      bar.remove();
      line.append(why || "it could not be sent");
      done();
    };
    request.onerror = () => failed("");
    request.onload = () => {
      if (request.status !== 200) return failed(request.responseText);
      line.remove();
      act(root, root.kd, { do: "film", path: JSON.parse(request.responseText).path });
      done();
    };
    request.send(film);
  });
}
for (const kind of ["drop", "change"]) {
  document.removeEventListener(kind, window.kindredFilms, true);
}
window.kindredFilms = takeFilms;
for (const kind of ["drop", "change"]) document.addEventListener(kind, takeFilms, true);
document.removeEventListener("paste", window.kindredPaste); // of an earlier load of this module
document.addEventListener("paste", (window.kindredPaste = paste));
