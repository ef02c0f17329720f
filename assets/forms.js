// Sends the forms that change the session cookie (sign-in, join) straight to the API and then loads a
// whole page, so that the new cookie opens a new socket. Everything else goes through Reflex.
(() => {
  if (window.quadrilleForms) return;
  window.quadrilleForms = true;

  const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

  const post = (path, body) => fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRF": cookie("qk_csrf") },
    body: JSON.stringify(body),
  });

  // Only a path of ours: never another site, nor `//host`, nor `/\host`.
  const wanted = () => {
    const next = new URLSearchParams(location.search).get("next") ?? "";
    return /^\/[^/\\]/.test(next) && new URL(next, location.origin).origin === location.origin ? next : "";
  };

  const tell = (form, problem) => {
    const place = form.querySelector("[data-problem]");
    place.textContent = [problem.detail, problem.fix].filter(Boolean).join(" ");
    place.hidden = false;
    for (const field of form.elements) field.removeAttribute("aria-invalid");
    for (const { place: path } of problem.problems ?? []) {
      const field = form.elements.namedItem(String(path).split(".").pop());
      field?.setAttribute?.("aria-invalid", "true");
    }
    const wrong = form.querySelector("[aria-invalid]");
    (wrong ?? form.querySelector("input[type=password]") ?? place).focus?.();
  };

  const send = async (form) => {
    const button = form.querySelector("[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    try {
      const answer = await post(form.dataset.post, Object.fromEntries(new FormData(form)));
      const said = await answer.json().catch(() => ({}));
      if (answer.ok) return location.assign(wanted() || said.next || "/");
      if (answer.status === 429) said.fix = `Try again in ${said.retry_after ?? 60} seconds.`;
      tell(form, said.detail ? said : { detail: "The server did not answer as expected.", fix: "Try again." });
    } catch {
      tell(form, { detail: "The server cannot be reached.", fix: "Check your connection and try again." });
    }
    button.disabled = false;
  };

  // Links out of the pages (to the OpenID provider): the router must not take them for pages of its own.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-leaves]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    location.assign(link.href);
  }, true);

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-post]")) return;
    event.preventDefault();
    send(event.target);
  }, true);
})();
