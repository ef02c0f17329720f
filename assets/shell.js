// What the shell does without asking the server: theme before the first paint, the folded rail, times, hotkeys.
(() => {
  const root = document.documentElement;
  const remembered = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const remember = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* private windows may refuse */ }
  };

  const wanted = remembered("theme") || "system";
  const dark = wanted === "dark" || (wanted === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.classList.add(dark ? "dark" : "light");
  root.style.colorScheme = dark ? "dark" : "light";
  root.dataset.rail = remembered("qk.rail") || "open";

  // Times
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
  const ago = (date) => {
    const seconds = (date - Date.now()) / 1000;
    for (const [unit, size] of units) {
      if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
    }
    return seconds > 5 ? `in ${Math.round(seconds)} s` : "just now";
  };
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const span = (ms) => {
    if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
    const s = ms / 1000;
    if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.floor(s)} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
  };

  // Relative, local or UTC, for every list; chosen once and remembered
  const showTimes = (mode) => {
    root.dataset.times = mode;
    for (const time of document.querySelectorAll("qk-time")) time.draw();
    for (const button of document.querySelectorAll("[data-times]")) if (button !== root) button.setAttribute("aria-pressed", String(button.dataset.times === mode));
  };
  root.dataset.times = remembered("qk.times") || "";

  class Ticking extends HTMLElement {
    static observedAttributes = ["at", "mode", "since", "until"];
    connectedCallback() { this.draw(); this.timer = setInterval(() => this.draw(), this.every); }
    disconnectedCallback() { clearInterval(this.timer); }
    attributeChangedCallback() { if (this.isConnected) this.draw(); }
    put(text, title) {
      if (this.textContent !== text) this.textContent = text;
      if (title && this.title !== title) this.title = title;
    }
  }
  customElements.define("qk-time", class extends Ticking {
    every = 15000;
    draw() {
      const date = new Date(this.getAttribute("at") || NaN);
      if (isNaN(date)) return this.put("–");
      const mode = root.dataset.times && this.getAttribute("mode") === "ago" ? root.dataset.times : this.getAttribute("mode");
      const text = mode === "utc" ? `${date.toISOString().slice(5, 16).replace("T", " ")} Z` : mode === "local" ? day.format(date) : mode === "full" ? full.format(date) : mode === "day" ? day.format(date) : ago(date);
      this.put(text, `${date.toISOString().replace("T", " ").replace("Z", "")} UTC`);
    }
  });
  customElements.define("qk-elapsed", class extends Ticking {
    every = 1000;
    draw() {
      const since = new Date(this.getAttribute("since") || NaN);
      if (isNaN(since)) return this.put("–");
      const until = this.getAttribute("until");
      const running = !until;
      const ms = (running ? Date.now() : new Date(until)) - since;
      this.put(running && ms < 1000 ? "0 s" : running ? span(Math.floor(ms / 1000) * 1000 + 0.001) : span(ms));
    }
  });

  // A search field shows the word that is looked for, unless somebody types on while the answer is still to come
  customElements.define("qk-sought", class extends HTMLElement {
    static observedAttributes = ["text"];
    attributeChangedCallback(_, before, now) {
      const field = this.closest("form")?.querySelector("input");
      if (field && (field !== document.activeElement || field.value === before)) field.value = now;
    }
  });

  // Pages that follow what happens: a hidden button is pressed while somebody looks
  const pressed = new WeakMap();
  const refresh = (all) => {
    if (document.visibilityState !== "visible") return;
    const now = performance.now();
    for (const button of document.querySelectorAll("button[data-refresh]")) {
      const every = Number(button.dataset.refresh) * 1000;
      if (!pressed.has(button)) pressed.set(button, now);
      if (!(every > 0) || (!all && now - pressed.get(button) < every)) continue;
      pressed.set(button, now);
      button.click();
    }
  };
  setInterval(() => refresh(false), 250);
  document.addEventListener("visibilitychange", () => refresh(true));

  // A drag over a strip of bars chooses from the first to the last; React hears of it as of something typed
  let brushed = null;
  const barAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest(".qk-density > [data-since]");
  document.addEventListener("pointerdown", (event) => {
    const from = event.button === 0 && event.target.closest?.(".qk-density > [data-since]");
    brushed = from ? { from, to: from } : null;
  });
  document.addEventListener("pointermove", (event) => {
    const to = brushed && barAt(event);
    if (!to || to.parentNode !== brushed.from.parentNode) return;
    brushed.to = to;
    const bars = [...to.parentNode.querySelectorAll("[data-since]")];
    const [first, last] = [bars.indexOf(brushed.from), bars.indexOf(to)].sort((a, b) => a - b);
    bars.forEach((bar, n) => bar.toggleAttribute("data-in", first !== last && n >= first && n <= last));
  });
  document.addEventListener("pointerup", () => {
    if (!brushed || brushed.from === brushed.to) return;
    const strip = brushed.from.parentNode;
    const chosen = [...strip.querySelectorAll("[data-in]")];
    const field = strip.querySelector("input[data-brushed]");
    addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
    setTimeout(() => dispatchEvent(new Event("click")), 0); // the listener goes, also where no click came of it
    chosen.forEach((bar) => bar.removeAttribute("data-in"));
    if (!chosen.length || !field) return;
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, `${chosen[0].dataset.since}/${chosen.at(-1).dataset.until}`);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Clicks and keys
  const typing = (element) => element?.closest("input, textarea, select, [contenteditable=true], [role=dialog], [role=menu]");
  const csrf = () => decodeURIComponent(document.cookie.match(/(?:^|; )qk_csrf=([^;]*)/)?.[1] || "");
  const signOut = async () => {
    const answer = await fetch("/api/v1/session", {
      method: "DELETE",
      headers: { "X-CSRF": csrf(), "Content-Type": "application/json" },
    });
    const body = answer.ok ? await answer.json() : {};
    location.assign(body.next || "/sign-in"); // a full load: the socket must open anew, without the cookie
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-sign-out]")) signOut();
    const times = event.target.closest("button[data-times]");
    if (times) {
      remember("qk.times", times.dataset.times);
      showTimes(times.dataset.times);
    }
    const fold = event.target.closest("[data-fold-rail]");
    if (fold) {
      root.dataset.rail = root.dataset.rail === "folded" ? "open" : "folded";
      remember("qk.rail", root.dataset.rail);
    }
  });
  // Importing a file of a diagram or a run: too large for an event, so it goes to the API as it is
  const importFile = async (input, address, page) => {
    const [file] = input.files;
    if (!file) return;
    const answer = await fetch(`/api/v1${address}`, {
      method: "POST",
      headers: { "X-CSRF": csrf(), "Content-Type": file.name.endsWith(".json") ? "application/json" : "application/yaml" },
      body: await file.text(),
    });
    const body = await answer.json();
    input.value = "";
    await window.quadrilleListens; // the page may be drawn anew until then
    const box = document.getElementById("import-problem");
    box.hidden = answer.ok;
    if (answer.ok) return location.assign(`${page}/${body.id}`);
    const words = box.querySelector("[data-import-words]");
    words.replaceChildren();
    const say = (tag, text) => { const line = document.createElement(tag); line.textContent = text; words.append(line); };
    say("strong", `“${file.name}” was not imported.`);
    const problems = body.problems?.length ? body.problems : [{ message: body.detail, fix: body.fix }];
    for (const one of problems.slice(0, 8)) {
      const where = !one.line && one.place ? `${one.place}: ` : ""; // located messages say their line themselves
      say("span", `${where}${one.message}${one.fix ? ` ${one.fix}` : ""}`);
    }
    if (problems.length > 8) say("span", `… and ${problems.length - 8} more.`);
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[data-import-diagram]")) importFile(event.target, "/workflows", "/workflows");
    if (event.target.matches("input[data-import-run]")) importFile(event.target, "/runs/import", "/runs");
  });
  // A late answer may take a field away from under somebody's hands: what they go on typing presses no button.
  let typedIn = null;
  document.addEventListener("input", (event) => { if (event.isTrusted) typedIn = event.target; }, true);
  for (const name of ["focusin", "pointerdown"]) document.addEventListener(name, () => { typedIn = null; }, true);
  document.addEventListener("keydown", (event) => {
    if (typedIn?.isConnected === false) return;
    if (event.key === "Enter" && typedIn?.matches("input")) typedIn = null;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const row = event.target.closest?.("[data-row]");
    if (row && (event.key === "ArrowDown" || event.key === "ArrowUp" || event.key === "j" || event.key === "k")) {
      const rows = [...document.querySelectorAll("[data-row]")];
      const step = event.key === "ArrowDown" || event.key === "j" ? 1 : -1;
      rows[rows.indexOf(row) + step]?.focus();
      return event.preventDefault();
    }
    const own = row?.closest(".qk-row")?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (own || (row && (event.key === "x" || event.key === "r"))) {
      own?.click();
      return event.preventDefault();
    }
    if (typing(event.target)) return;
    const first = event.key === "j" || event.key === "k" ? document.querySelector("[data-row]") : null;
    if (first) {
      first.focus();
      return event.preventDefault();
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = [...document.querySelectorAll(`[data-hotkey="${CSS.escape(key)}"]`)]
      .find((element) => element.offsetParent !== null && !element.disabled);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input, textarea")) target.focus(); else target.click();
  });
})();
