// Copy buttons. Without a clipboard (an insecure page, an old browser) they stay hidden and the text can be selected.

if (navigator.clipboard) {
  const status = document.createElement("p");
  status.className = "unseen";
  status.setAttribute("role", "status");
  document.querySelector("main").append(status);

  for (const button of document.querySelectorAll("[data-copy]")) {
    const before = [...button.childNodes];
    let back;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      } catch {
        return;
      }
      button.replaceChildren(button.dataset.copied);
      status.textContent = button.dataset.copied;
      clearTimeout(back);
      back = setTimeout(() => {
        button.replaceChildren(...before);
        status.textContent = "";
      }, 2000);
    });
  }
}
