// One control of the page, asked about through the developer tools: `(..)({ ask, selector, instead })`.
({ ask, selector, instead }) => {
  // What `describe` names; everything else is looked through.
  const NAMED = "h1, h2, h3, h4, a, button, summary, label, legend, th, dt";
  const KEPT = "form, fieldset, section, details, nav, table, dialog, input:not([type=hidden]), select, textarea, figure, meter, output";
  const LINES = 60;
  const MARGIN = 24;
  // Pixels that a picture is high, at least and at most.
  const [LOW, HIGH] = [300, 520];
  // How far an edge is moved to cut through nothing.
  const MOST = 70;

  const found = () => [...document.querySelectorAll(selector)];
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && box.width > 1 && box.height > 1;
  };
  const plain = (text) =>
    text
      .replace(/[\u2066-\u2069]/g, "")
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "{id}")
      .replace(/[\w-]{40,}/g, "{token}")
      .replace(/\s+/g, " ")
      .trim();

  // What an element says, but for moments: they are another time's the next time.
  const words = (element) => {
    const copy = element.cloneNode(true);
    for (const moment of copy.querySelectorAll("time, svg, [aria-hidden=true]")) moment.remove();
    return plain(copy.textContent);
  };

  // What belongs to a control: the form, section or list item that it is in.
  const around = (control) => {
    const inMenu = control.closest("nav");
    if (inMenu) return inMenu;
    let from = control.matches("form, section, table, dl") ? control : control.parentElement;
    if (control.matches("summary")) from = from.parentElement;
    return from.closest("form, section, table, dl, .card, .head, main") ?? document.body;
  };

  const line = (element) => {
    const tag = element.localName;
    const said = [tag];
    for (const name of ["type", "name", "method", "action", "href"]) {
      const value = element.getAttribute(name);
      if (value && !(tag === "a" && name === "type")) said.push(`${name}=${plain(value)}`);
    }
    if (element.getAttribute("role")) said.push(`role=${element.getAttribute("role")}`);
    if (element.matches(`${NAMED}, li`) && !element.querySelector("a, button, input, p")) said.push(`"${words(element)}"`);
    else if (element.getAttribute("aria-label")) said.push(`"${plain(element.getAttribute("aria-label"))}"`);
    return said.join(" ");
  };

  const describe = () => {
    const control = found()[0];
    const lines = [];
    const walk = (element, depth) => {
      if (element.matches("svg, script, template, [aria-hidden=true], [data-mark]")) return;
      if (!element.checkVisibility({ visibilityProperty: true })) return;
      const isWords = element.localName === "li" && !element.querySelector(`${NAMED}, ${KEPT}`);
      const kept = element === control || isWords || element.matches(`${NAMED}, ${KEPT}`);
      if (kept) lines.push(`${element === control ? "> " : "  "}${"  ".repeat(depth)}${line(element)}`);
      for (const child of element.children) walk(child, depth + (kept ? 1 : 0));
    };
    walk(around(control), 0);
    return lines.slice(0, LINES).join("\n");
  };

  // What belongs to this run alone becomes what a provider would have.
  const replace = () => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const [own, other] of instead) {
        if (texts.currentNode.data.includes(own)) texts.currentNode.data = texts.currentNode.data.replaceAll(own, other);
      }
    }
  };

  const mark = () => {
    const control = found()[0];
    document.activeElement?.blur();
    const box = control.getBoundingClientRect();
    const round = Math.min(parseFloat(getComputedStyle(control).borderTopLeftRadius) || 4, 14) + 5;
    for (const former of document.querySelectorAll("[data-mark]")) former.remove();
    const ring = document.createElement("div");
    ring.dataset.mark = "";
    Object.assign(ring.style, {
      position: "absolute",
      left: `${box.left + scrollX - 6}px`,
      top: `${box.top + scrollY - 6}px`,
      width: `${box.width + 12}px`,
      height: `${box.height + 12}px`,
      border: "3px solid var(--accent)",
      borderRadius: `${round}px`,
      boxShadow: "0 0 0 200vmax color-mix(in oklab, var(--ground) 38%, transparent)",
      pointerEvents: "none",
      zIndex: "2147483647",
    });
    document.documentElement.append(ring);
    document.documentElement.style.caretColor = "transparent";
  };

  // Moves an edge outwards (by `way`), or else inwards, until it cuts through no line of text and no control.
  const uncut = (edge, way) => {
    const lines = [...document.querySelectorAll("input:not([type=hidden]), button, select, .button")].map((one) => one.getBoundingClientRect());
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      if (texts.currentNode.parentElement.checkVisibility() && plain(texts.currentNode.data)) lines.push(...range.getClientRects());
    }
    const go = (by) => {
      for (let at = edge; Math.abs(at - edge) < MOST; ) {
        const cut = lines.find((box) => box.width > 1 && box.height > 1 && box.top + scrollY - 4 < at && at < box.bottom + scrollY + 4);
        if (!cut) return at;
        at = by < 0 ? cut.top + scrollY - 10 : cut.bottom + scrollY + 10;
      }
      return null;
    };
    return go(way) ?? go(-way) ?? edge;
  };

  const clip = () => {
    const control = found()[0];
    const page = document.documentElement;
    const outer = (element) => {
      const box = element.getBoundingClientRect();
      return [box.top + scrollY - MARGIN, box.bottom + scrollY + MARGIN];
    };
    const [from, to] = outer(control);
    const menu = control.closest("nav")?.querySelector(".menu");
    let [top, bottom] = outer(around(control));
    const card = control.closest(".card");
    if (menu) {
      [top, bottom] = [0, seen(menu) ? outer(menu)[1] : to];
    } else if (card && outer(card)[1] - outer(card)[0] <= HIGH) {
      [top, bottom] = outer(card);
    } else if (bottom - top > HIGH) {
      // Too high: the control a little below the middle, with what leads to it above.
      const high = Math.max(HIGH, to - from);
      top = Math.max(top, Math.min((from + to) / 2 - high * 0.55, bottom - high));
      bottom = top + high;
    }
    const more = Math.max(0, LOW - (bottom - top));
    top = Math.max(0, top - more / 2);
    bottom = Math.max(bottom + more / 2, top + LOW);
    top = Math.max(0, uncut(top, -1));
    bottom = Math.min(page.scrollHeight, uncut(bottom, 1));
    return { x: 0, y: Math.round(top), width: page.clientWidth, height: Math.round(bottom - top), scale: 1 };
  };

  const acts = {
    look: () => {
      const all = found();
      return { count: all.length, seen: all.filter(seen).length, path: location.pathname, heading: plain(document.querySelector("h1")?.textContent ?? "") };
    },
    // Whether pressing it sends a form that changes something.
    sends: () => {
      const control = found()[0];
      return control?.matches("button:not([type=button]), input[type=submit]") === true && control.form?.method === "post";
    },
    describe,
    replace,
    mark,
    clip,
  };
  try {
    return acts[ask]() ?? null;
  } catch (error) {
    return { error: `${error}` };
  }
}
