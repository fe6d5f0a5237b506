// The button that unfolds a form is gone then: on to its first field. One without a field is announced as a whole, so that
// no second Enter sends it.

for (const unfolds of document.querySelectorAll(".unfold")) {
  const [summary, form] = [unfolds.querySelector("summary"), unfolds.querySelector("form")];
  summary.addEventListener("click", () => {
    unfolds.addEventListener("toggle", () => {
      if (!unfolds.open || !form) return;
      form.tabIndex = -1;
      (form.querySelector(".input") ?? form).focus();
    }, { once: true });
  });
  unfolds.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.matches("select")) return;
    unfolds.open = false;
    summary.focus();
  });
}
