// For every page: brings a form's problems to the reader, and opens and closes what opens as people expect.

document.querySelector("[data-focus]")?.focus();

for (const menu of document.querySelectorAll("[data-menu]")) {
  const summary = menu.querySelector("summary");
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    summary.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// The button that opened a form is gone then: on to its first field.
for (const opened of document.querySelectorAll(".opens > details")) {
  opened.addEventListener("toggle", () => {
    if (opened.open && !opened.contains(document.activeElement?.closest(".problem"))) opened.querySelector(".input").focus();
  });
}

// A form is sent once: the second click of an impatient hand would meet an answer that is not about it.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
});

// What was wrong with a field is not said of what is typed into it now.
document.addEventListener("input", ({ target }) => {
  if (target.getAttribute("aria-invalid") !== "true") return;
  target.removeAttribute("aria-invalid");
  document.getElementById(`${target.id}-error`)?.replaceChildren();
});
