// The live checklist, the strength meter, the suggested passphrase and the note when the two fields differ.
// The rules live on the server: this only asks and shows. The confirm field is never sent from here.

import { reveal } from "/assets/show.js";

const form = document.querySelector("[data-password-form]");
const fresh = form.elements.new_password;
const again = form.elements.confirm_password;
const note = document.getElementById("confirm_password-error");
const meter = form.querySelector(".bars");
const advice = document.getElementById("advice");
const rules = [...form.querySelectorAll("[data-rule]")];
const tally = form.querySelector("[data-tally]");
const suggest = form.querySelector("[data-suggest]");
const suggestion = form.querySelector("[data-suggestion]");
const firstAdvice = advice.textContent;

let stale = new AbortController();
let ask;
let announce;
let suggested = false;

/** The answer as JSON; nothing when offline, when a newer question was asked, or when the session has ended. */
async function post(url, fields, signal) {
  try {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields), redirect: "manual", signal });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}

function showRules(verdicts) {
  let met = 0, all = 0;
  for (const line of rules) {
    const verdict = verdicts?.find((rule) => rule.id === line.dataset.rule);
    const state = line.querySelector("[data-state]");
    line.dataset.met = String(verdict?.met === true);
    line.dataset.broken = String(verdict?.met === false);
    state.textContent = verdict ? (verdict.met ? state.dataset.yes : state.dataset.no) : "";
    // Some are shown only once they are broken.
    if (!line.getClientRects().length) continue;
    all += 1;
    if (verdict?.met) met += 1;
  }
  clearTimeout(announce);
  if (!verdicts) {
    tally.textContent = "";
    return;
  }
  // Said once the reader pauses, not at every key.
  const words = met === all ? tally.dataset.all : tally.dataset.some;
  announce = setTimeout(() => {
    tally.textContent = `${words.replace("%met%", met).replace("%all%", all)}. ${advice.textContent}`;
  }, 900);
}

function showStrength(strength, sentence) {
  const words = strength === undefined ? meter.dataset.none : meter.getAttribute(`data-${strength}`);
  meter.dataset.strength = strength ?? "";
  meter.setAttribute("aria-valuenow", strength ?? 0);
  meter.setAttribute("aria-valuetext", words);
  advice.textContent = strength === undefined ? firstAdvice : `${words}. ${suggested ? suggest.dataset.done : sentence}`;
}

async function check() {
  const typed = fresh.value;
  const { signal } = stale;
  const verdict = typed ? await post("/account/password/check", { new_password: typed }, signal) : undefined;
  if (signal.aborted) return;
  showStrength(verdict?.strength, verdict?.advice);
  showRules(verdict?.rules);
}

function checkSoon() {
  stale.abort();
  stale = new AbortController();
  clearTimeout(ask);
  ask = setTimeout(check, fresh.value ? 180 : 0);
}

/** Says that the two differ, once the reader has left the second; takes it back while typing. */
function compare(leaving) {
  const differ = again.value !== "" && again.value !== fresh.value;
  if (differ && !leaving) return;
  note.textContent = differ ? again.dataset.differs : "";
  if (differ) again.setAttribute("aria-invalid", "true");
  else again.removeAttribute("aria-invalid");
}

fresh.addEventListener("input", () => {
  suggested = false;
  suggestion.hidden = true;
  checkSoon();
  compare(note.textContent !== "");
});
again.addEventListener("input", () => compare(false));
again.addEventListener("blur", () => compare(true));

// What differs is not sent: the answer could only be to type both again. An empty field is the server's to name.
form.addEventListener("submit", (event) => {
  if (!again.value || again.value === fresh.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  compare(true);
  again.focus();
}, { capture: true });

suggest.addEventListener("click", async () => {
  const answer = await post("/account/password/suggest", {}, undefined);
  if (!answer?.passphrase) return;
  fresh.value = again.value = answer.passphrase;
  reveal("new_password", true);
  compare(true);
  // A narrow field cuts it off.
  suggestion.textContent = answer.passphrase;
  suggestion.hidden = fresh.scrollWidth <= fresh.clientWidth;
  suggested = true;
  checkSoon();
});

document.getElementById("rules").dataset.live = "yes";
meter.hidden = false;
suggest.hidden = false;
if (fresh.value) checkSoon();
