// When the program has stopped, says how to start it; Streamlit's own words name another script.
const STOPPED = `<h2>Kindred has stopped</h2><p>Nothing is lost. Start it again, in Kindred's folder:</p>
<pre><code>streamlit run app.py</code></pre><p>This page then goes on by itself.</p>`;

async function watchServer() {
  if (document.hidden) return;
  const answer = await fetch("_stcore/health", { cache: "no-store" }).catch(() => null);
  const said = document.querySelector(".kd-stopped");
  if (answer?.ok) return said?.remove();
  if (said) return;
  const box = document.createElement("div");
  box.className = "kd-stopped";
  box.setAttribute("role", "alert");
  box.setAttribute("popover", "manual"); // above an open viewer, too
  box.innerHTML = STOPPED;
  document.body.append(box);
  box.showPopover();
}
clearInterval(window.kindredWatch); // of an earlier load of this module
window.kindredWatch = setInterval(watchServer, 3000);
