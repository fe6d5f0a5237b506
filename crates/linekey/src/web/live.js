// Shows the state of phones as it changes. One stream a browser: the tab in sight that holds the lock listens, and tells
// the others. What there is without it was right when the page was opened.

const AGAIN = 60_000;
const told = new BroadcastChannel("linekey-phones");
let last;
let stop;

function show(text) {
  const { phones, stays } = JSON.parse(text);
  for (const phone of phones) {
    for (const place of document.querySelectorAll(`[data-phone="${phone.id}"]`)) {
      place.querySelector(".dot").className = `dot ${phone.state}`;
      const state = place.querySelector("[data-state]");
      const moment = state.querySelector("time");
      if (moment && phone.at) {
        moment.textContent = phone.text;
        moment.title = phone.at;
        moment.dateTime = phone.at.replace(" UTC", "Z");
      } else if (state.textContent !== phone.text) {
        state.textContent = phone.text;
        if (phone.at) state.title = phone.at;
      }
      const seen = place.querySelector("[data-seen]");
      if (seen && phone.seen) seen.textContent = phone.seen;
    }
  }
  const line = document.querySelector("[data-stays]");
  if (line) line.textContent = stays;
}

told.addEventListener("message", ({ data }) => {
  if (data !== "?") show(data);
  else if (stop && last) told.postMessage(last);
});

function listen() {
  const holding = () =>
    new Promise((done) => {
      if (document.hidden || stop) return done();
      const source = new EventSource("/phones/events");
      stop = () => {
        source.close();
        stop = undefined;
        done();
      };
      source.addEventListener("phones", ({ data }) => {
        last = data;
        told.postMessage(data);
        show(data);
      });
      source.addEventListener("error", () => {
        // While it reconnects by itself it is not closed: then it was refused.
        if (source.readyState !== EventSource.CLOSED) return;
        stop();
        setTimeout(listen, AGAIN);
      });
    });
  if (navigator.locks) navigator.locks.request("linekey-phones", holding);
  else holding();
  told.postMessage("?");
}

document.addEventListener("visibilitychange", () => (document.hidden ? stop?.() : listen()));
// A page that may come back from the browser's memory holds no connection meanwhile.
addEventListener("pagehide", () => stop?.());
addEventListener("pageshow", ({ persisted }) => persisted && listen());
listen();
