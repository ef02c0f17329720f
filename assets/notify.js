// Browser notifications of approvals: asked for by a button, never by itself; a click opens the question's page.
(() => {
  const able = "Notification" in window;
  const EVERY = 20000;
  const remembered = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private windows may refuse */ } };
  const on = () => able && Notification.permission === "granted" && remembered("qk.notify") === "on";

  const draw = () => {
    for (const button of document.querySelectorAll("[data-notify]")) {
      button.hidden = !able;
      button.setAttribute("aria-pressed", on() ? "true" : "false");
      const words = !able ? "" : Notification.permission === "denied" ? "Blocked by the browser" : on() ? "Notifies you here" : "Notify me here";
      const label = button.querySelector("span");
      if (label && label.textContent !== words) label.textContent = words;
    }
  };
  const newest = async () => {
    const answer = await fetch("/api/v1/approvals?limit=20", { headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).items.filter((one) => one.may_decide) : [];
  };
  const look = async () => {
    if (!on() || !navigator.onLine) return;
    const seen = remembered("qk.notified") || "";
    const fresh = (await newest()).filter((one) => one.id > seen);
    if (!fresh.length) return;
    remember("qk.notified", fresh[0].id);
    if (document.visibilityState === "visible" && location.pathname.startsWith("/approvals")) return;
    for (const one of fresh.slice(0, 3)) {
      const told = new Notification(one.title, { body: one.workflow_name, tag: one.id });
      told.onclick = () => { window.focus(); location.assign(`/approvals/${one.id}`); };
    }
  };
  document.addEventListener("click", async (event) => {
    if (!event.target.closest?.("[data-notify]") || !able) return;
    const wanted = !on();
    if (wanted && (await Notification.requestPermission()) === "granted") {
      const [first] = await newest();
      remember("qk.notified", first?.id || "");
      remember("qk.notify", "on");
    } else {
      remember("qk.notify", "off");
    }
    draw();
  });
  setInterval(draw, 500);
  setInterval(() => look().catch(() => {}), EVERY);
})();
