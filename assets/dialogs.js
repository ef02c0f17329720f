// A dialog that sends something stays open until the server has answered: its button is busy meanwhile, a refusal stands
// at its field or above the buttons, and nothing that was typed is lost. A form on the page itself is emptied only then,
// of what was sent. `frontend/state/dialog.py` says what came of it.
(() => {
  if (window.quadrilleDialogs) return;
  let sent = null; // what was sent last, and the dialog around it, which outlives a form that is drawn anew

  const forget = (part) => {
    for (const told of part.querySelectorAll("[data-refused]")) told.remove();
    for (const field of part.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const place = part.querySelector("[data-problem]");
    if (place) place.hidden = true;
  };

  const begin = (event, part, button) => {
    if ("sending" in part.dataset) {
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    forget(part);
    part.dataset.sending = "";
    button?.setAttribute("aria-busy", "true");
    const values = [...part.querySelectorAll("input[name], textarea[name]")].map((field) => [field, field.value]);
    sent = { part, values, dialog: part.closest("[role=dialog], [role=alertdialog]") };
  };

  const rest = (part) => {
    delete part.dataset.sending;
    part.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  };

  // `values.days` and `mail_to.0` are the fields `days` and `mail_to`.
  const named = (part, place) => {
    for (const word of place.split(".").reverse()) {
      const field = word && [...part.querySelectorAll("[name]")].find((one) => one.name === word);
      if (field) return field;
    }
    return null;
  };

  const mark = (field, words) => {
    const told = Object.assign(document.createElement("span"), { className: "qk-wrong", role: "alert", textContent: words });
    told.dataset.refused = "";
    field.setAttribute("aria-invalid", "true");
    (field.closest(".qk-field") ?? field.parentElement).append(told);
    field.closest("details")?.setAttribute("open", "");
  };

  const tell = (part, { message, fix, problems }) => {
    const found = problems.map((one) => [named(part, one.place), `${one.message} ${one.fix}`.trim()]);
    const placed = found.filter(([field]) => field);
    for (const [field, words] of placed) mark(field, words);
    if (placed.length && placed.length === found.length) return placed[0][0].focus();
    const place = part.querySelector("[data-problem]");
    place.textContent = `${message} ${fix || problems[0]?.fix || ""}`.trim();
    place.hidden = false;
    place.focus();
  };

  window.quadrilleDialogs = {
    // Whether there was a dialog to tell it in.
    refuse: (problem) => {
      const part = sent?.part;
      if (!part?.isConnected || !("sending" in part.dataset)) return false;
      rest(part);
      tell(part, problem);
      return true;
    },
    close: () => {
      const { part, dialog, values } = sent ?? {};
      sent = null;
      if (part?.isConnected) rest(part);
      if (dialog?.isConnected) dialog.querySelector("[data-closes]")?.click();
      else if (!dialog) for (const [field, value] of values ?? []) if (field.value === value) field.value = "";
    },
  };

  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-dialog]")) begin(event, event.target, event.submitter ?? event.target.querySelector("[type=submit]"));
  }, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-sends]");
    if (button) begin(event, button.closest("[data-dialog]"), button);
  }, true);
})();
