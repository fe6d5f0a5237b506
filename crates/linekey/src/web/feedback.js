// The vote and the suggestion below an article, in place. Without this they are forms like any other.

for (const panel of document.querySelectorAll("[data-feedback]")) {
  const said = panel.querySelector("[data-said]");
  for (const form of panel.querySelectorAll("form")) {
    form.addEventListener("submit", async (event) => {
      // Sent already, and not answered yet.
      if (event.defaultPrevented) return;
      event.preventDefault();
      const button = event.submitter;
      const body = new URLSearchParams(new FormData(form, button));
      said.textContent = "";
      try {
        const headers = { accept: "application/json" };
        const answer = await fetch(form.action, { method: "POST", headers, body });
        const { said: words, title, errors, form: token } = await answer.json();
        if (token) form.elements.form.value = token;
        if (errors) form.elements.website.value = "";
        for (const { field, text } of errors ?? []) {
          document.getElementById(field).setAttribute("aria-invalid", "true");
          document.getElementById(`${field}-error`).textContent = text;
        }
        if (errors) document.getElementById(errors[0].field).focus();
        said.textContent = words ?? title ?? "";
        if (answer.ok && "vote" in form.dataset) {
          for (const other of form.querySelectorAll("button")) other.ariaPressed = String(other === button);
          if (button.value === "no") panel.querySelector("details").open = true;
        } else if (answer.ok) {
          form.closest("details").hidden = true;
          said.tabIndex = -1;
          said.focus();
        }
      } catch {
        said.textContent = panel.dataset.failed;
      }
      delete form.dataset.sent;
      button?.removeAttribute("aria-busy");
    });
  }
}
