// Show, Hide and a note about Caps Lock at password fields.

const buttons = [...document.querySelectorAll("[data-show]")];
const shown = new Map(buttons.map((button) => [button, { text: button.textContent, label: button.ariaLabel }]));

/** Shows or hides the text of the field with this id. */
export function reveal(id, visible) {
  const button = buttons.find((candidate) => candidate.dataset.show === id);
  const input = document.getElementById(id);
  if (!button || !input) return;
  input.type = visible ? "text" : "password";
  const { text, label } = shown.get(button);
  button.textContent = visible ? button.dataset.hideText : text;
  button.ariaLabel = visible ? button.dataset.hideLabel : label;
}

/** Says below the field when Caps Lock is on, which a hidden password would not show. */
function noteCapsLock(input, words) {
  const note = document.createElement("p");
  note.className = "caps fine";
  note.setAttribute("role", "status");
  input.parentElement.after(note);
  const look = (event) => {
    // Some events at a field, such as filling in by the browser, come from no key.
    const on = event.type !== "blur" && event.getModifierState?.("CapsLock");
    const said = on ? words : "";
    if (note.textContent !== said) note.textContent = said;
  };
  for (const event of ["keydown", "keyup", "mousedown", "blur"]) input.addEventListener(event, look);
}

for (const button of buttons) {
  const id = button.dataset.show;
  const input = document.getElementById(id);
  button.hidden = false;
  noteCapsLock(input, button.dataset.caps);
  button.addEventListener("click", () => reveal(id, input.type === "password"));
  // Password managers and the browser's own memory expect a password field when the form leaves.
  input.form?.addEventListener("submit", () => reveal(id, false));
}
