// A photo large over the page: a dialog that pages put into their HTML, see viewer.html.
//   ← → and the film strip   the photo before, the next one, any other one
//   wheel, pinch, + -, double click   larger and smaller; then the photo can be moved
//   data-seek="12.5"         plays a film from there, in the browser's own player
//   Esc                      back to the page, which stands where it stood
const MOST = 12; // times larger

function viewer(root, kd) {
  const dialog = root.querySelector("dialog.kd-viewer");
  if (!dialog) return;
  if (!dialog.open && dialog.dataset.pending !== "close") {
    dialog.showModal();
    dialog.focus(); // not the first button, which a Space would press
  }
  const photo = dialog.querySelector(".kd-stage").dataset.photo;
  if (kd.photo !== photo) {
    kd.photo = photo;
    kd.zoom = { scale: 1, x: 0, y: 0 };
    dialog.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }
  applyZoom(root, kd);
  // Where what had the cursor is gone, keys would go to the page below.
  if (dialog.open && !dialog.contains(document.activeElement)) dialog.focus();
  if (kd.dialog === dialog) return;
  kd.dialog = dialog;
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeViewer(root, kd, dialog);
  });
  dialog.addEventListener("keydown", (event) => viewerKey(root, kd, event));
  dialog.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) zoomBy(root, kd, button.dataset.zoom === "in" ? 1.5 : 1 / 1.5);
    const time = event.target.closest("[data-seek]");
    if (time) seek(dialog, Number(time.dataset.seek));
  });
  dialog.addEventListener("error", (event) => {
    if (event.target.tagName === "VIDEO") event.target.nextElementSibling.hidden = false;
  }, true); // errors of media do not bubble
  const stage = dialog.querySelector(".kd-stage");
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(root, kd, Math.exp(-event.deltaY * 0.002), event);
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    if (!event.target.closest("button, video, .kd-drawing")) zoomBy(root, kd, kd.zoom.scale > 1 ? 0 : 2.5, event);
  });
  stage.addEventListener("dragstart", (event) => event.preventDefault());
  movable(root, kd, stage);
}

// Shows at once what the dialog is going to show; see `foresee`.
function foreseeViewer(root, what) {
  const dialog = root.querySelector("dialog.kd-viewer");
  if (!dialog) return;
  if (what.do === "close") {
    dialog.close();
    const tile = [...document.querySelectorAll(".kd-tile[data-id]")].find(
      (one) => one.dataset.id === dialog.querySelector(".kd-stage").dataset.photo,
    );
    tile?.scrollIntoView({ block: "nearest" });
    tile?.focus({ preventScroll: true });
  } else if (what.do === "show") {
    dialog.querySelector(".kd-stage").dataset.pending = "show";
    const small = dialog.querySelector(`.kd-strip [data-photo="${CSS.escape(what.photo)}"] img`);
    const large = dialog.querySelector(".kd-picture img");
    if (small && large) large.src = small.src;
  }
}

// Plays a film from a moment on.
function seek(dialog, seconds) {
  const film = dialog.querySelector("video");
  if (!film) return;
  film.currentTime = seconds;
  film.play().catch(() => {}); // a film that cannot be played says so itself
}

function closeViewer(root, kd, dialog) {
  dialog.dataset.pending = "close";
  act(root, kd, { do: "close" });
}

function viewerKey(root, kd, event) {
  if (["INPUT", "VIDEO"].includes(event.target.tagName) || event.altKey || event.ctrlKey || event.metaKey) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const factor = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 }[event.key];
  if (step) turn(root, kd, step);
  else if (factor !== undefined) zoomBy(root, kd, factor);
  else return;
  event.preventDefault();
}

// The next photo after the one that is shown or, when one is quick, that is asked for already.
function turn(root, kd, step) {
  const asked = kd.queue.filter((one) => one.do === "show").at(-1)?.photo ?? kd.photo;
  const strip = [...root.querySelectorAll(".kd-strip [data-photo]")].map((one) => one.dataset.photo);
  const photo = strip[strip.indexOf(asked) + step];
  if (strip.includes(asked) && photo) act(root, kd, { do: "show", photo });
}

// Larger by a factor, with the point under the cursor staying where it is; 0 is as large as fits.
function zoomBy(root, kd, factor, at) {
  const frame = root.querySelector(".kd-stage").getBoundingClientRect();
  const scale = factor ? Math.min(Math.max(kd.zoom.scale * factor, 1), MOST) : 1;
  const [x, y] = at ? [at.clientX - frame.left, at.clientY - frame.top] : [frame.width / 2, frame.height / 2];
  const ratio = scale / kd.zoom.scale;
  kd.zoom = { scale, x: x - ratio * (x - kd.zoom.x), y: y - ratio * (y - kd.zoom.y) };
  applyZoom(root, kd);
}

function applyZoom(root, kd) {
  const layer = root.querySelector(".kd-layer");
  if (!layer) return;
  const { width, height } = layer.parentElement.getBoundingClientRect();
  const { scale } = kd.zoom;
  kd.zoom.x = Math.min(0, Math.max(kd.zoom.x, width * (1 - scale)));
  kd.zoom.y = Math.min(0, Math.max(kd.zoom.y, height * (1 - scale)));
  layer.style.transform = `translate(${kd.zoom.x}px, ${kd.zoom.y}px) scale(${scale})`;
  layer.style.setProperty("--kd-zoom", scale);
}

// One finger or the mouse moves the photo, or turns to the next one; two fingers pinch.
function movable(root, kd, stage) {
  const fingers = new Map();
  let [moved, way] = [0, 0];
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { size: Math.hypot(a.x - b.x, a.y - b.y), clientX: (a.x + b.x) / 2, clientY: (a.y + b.y) / 2 };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button, video, .kd-drawing")) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    [moved, way] = [0, 0];
  });
  stage.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const before = fingers.size === 2 ? spread() : null;
    const [dx, dy] = [event.clientX - finger.x, event.clientY - finger.y];
    Object.assign(finger, { x: event.clientX, y: event.clientY });
    if (before) return zoomBy(root, kd, spread().size / Math.max(before.size, 1), spread());
    moved += dx;
    way += Math.hypot(dx, dy);
    if (kd.zoom.scale === 1) return;
    kd.zoom.x += dx;
    kd.zoom.y += dy;
    applyZoom(root, kd);
  });
  stage.addEventListener("click", (event) => way > 6 && event.stopPropagation(), true); // a move is no click
  for (const kind of ["pointerup", "pointercancel", "pointerleave"]) {
    stage.addEventListener(kind, (event) => {
      if (!fingers.delete(event.pointerId) || fingers.size || kind !== "pointerup") return;
      if (event.pointerType !== "mouse" && kd.zoom.scale === 1 && Math.abs(moved) > 60) {
        turn(root, kd, moved > 0 ? -1 : 1);
      }
    });
  }
}
