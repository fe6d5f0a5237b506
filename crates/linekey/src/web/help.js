// The help centre: answers while one types, questions that open at their link, and sharing. All of it works without.

const seek = document.querySelector("[data-seek]");
const results = document.getElementById("results");
const status = document.querySelector("[data-status]");

// The page that the form leads to, of which the answers are taken.
if (seek && results) {
  const field = seek.elements.q;
  const before = [...results.childNodes];
  let waiting;
  let asked;
  const look = async () => {
    asked?.abort();
    asked = new AbortController();
    const question = field.value.trim();
    if (question.length < 2) {
      results.replaceChildren(...before);
      status.textContent = "";
      return;
    }
    try {
      const answer = await fetch(`/help/search?q=${encodeURIComponent(question)}`, { signal: asked.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("results");
      results.replaceChildren(...found.childNodes);
      status.textContent = (results.querySelector("[data-count]") ?? results.querySelector("h2"))?.textContent ?? "";
    } catch {
      // A newer question, or no connection: the form still works.
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 150);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    field.focus();
  });
}

// Not :target, which is nothing yet while the page still loads.
const open = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches("details")) target.open = true;
};
addEventListener("hashchange", open);
open();

// A button at each command; copy.js, which comes next, brings it to life.
const words = document.querySelector(".text")?.dataset;
document.querySelectorAll(".text pre").forEach((block, number) => {
  const button = document.createElement("button");
  const copy = block.firstElementChild.id = `code-${number}`;
  Object.assign(button, { type: "button", className: "button slim", hidden: true, textContent: words.word });
  Object.assign(button.dataset, { copy, copied: words.done });
  block.append(button);
});

// Printed, every answer is there.
addEventListener("beforeprint", () => {
  for (const question of document.querySelectorAll(".question")) question.open = true;
});

for (const button of document.querySelectorAll("[data-share]")) {
  if (!navigator.share) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(() => {});
  });
}
