// Show and Hide at password fields.

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

for (const button of buttons) {
  const id = button.dataset.show;
  const input = document.getElementById(id);
  button.hidden = false;
  button.addEventListener("click", () => reveal(id, input.type === "password"));
  // Password managers and the browser's own memory expect a password field when the form leaves.
  input.form?.addEventListener("submit", () => reveal(id, false));
}
