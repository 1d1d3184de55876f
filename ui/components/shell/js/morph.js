// Makes one tree of elements like another. Elements that stay are kept, and with them the cursor,
// what is typed, what is picked and how far something is scrolled. An element stays if it has the
// same data-key as before or, without one, if it stands at the same place. The attribute that
// data-own names is the browser's.
const OWN = new Set(["data-lit", "data-sent"]); // attributes that only the browser sets

function morph(old, now) {
  const draft = old.tagName === "INPUT" && isDraft(old);
  for (const { name } of [...old.attributes]) {
    const own = OWN.has(name) || name === old.dataset?.own;
    if (!now.hasAttribute(name) && !own) old.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.tagName === "INPUT" && !draft) {
    old.value = old.defaultValue;
    delete old.dataset.sent;
  }
  morphChildren(old, now);
}

function morphChildren(old, now) {
  const wanted = [...now.childNodes];
  const keys = new Set(wanted.map(keyOf).filter(Boolean));
  const known = new Map();
  for (const child of [...old.childNodes]) {
    const key = keyOf(child);
    if (key && keys.has(key)) known.set(key, child);
    else if (key) child.remove();
  }
  let at = old.firstChild;
  for (const node of wanted) {
    const key = keyOf(node);
    let same = key ? known.get(key) : at && !keyOf(at) ? at : null;
    if (same && same.nodeName !== node.nodeName) same = null;
    if (!same) {
      old.insertBefore(node, at);
    } else {
      // Moved, it would lose the cursor, and what is half typed would count: the others move.
      while (at && at !== same && same.contains(document.activeElement)) {
        const next = at.nextSibling;
        old.append(at);
        at = next;
      }
      if (same === at) at = at.nextSibling;
      else old.insertBefore(same, at);
      if (same.nodeType === Node.ELEMENT_NODE) morph(same, node);
      else if (same.data !== node.data) same.data = node.data;
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset.key : undefined;
}

// Whether somebody typed something into a field that has not been sent.
function isDraft(input) {
  return input.value !== input.defaultValue && input.value.trim() !== input.dataset.sent;
}
