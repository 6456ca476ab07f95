// Makes elements. A string becomes a text node and never HTML, so data of an invocation cannot become markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Returns an element.
 * @param {string} tag
 * @param {Object} properties attributes; `on` has event listeners, `style` has CSS properties. Listeners and CSS
 *   properties are set by JavaScript, because the Content-Security-Policy forbids them in attributes
 * @param {...(Node|string|number|null|false|Array)} children
 */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

function fill(element, { on = {}, style = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true && !name.startsWith("aria-")) element.setAttribute(name, "");
    else if ((value !== false || name.startsWith("aria-")) && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces the children of an element. */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

const PATHS = {
  replay: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5",
  edit: "M4 20h4L19 9l-4-4L4 16v4M13 7l4 4",
  compare: "M4 7h12M12 3l4 4-4 4M20 17H8M12 13l-4 4 4 4",
  copy: "M9 9h10v11H9zM5 15V4h10",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12M12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 1 0 0-5",
  hidden: "M3 3l18 18M10 5.200A10 10 0 0 1 22 12a17 17 0 0 1-3 3.800M6 7.500A17 17 0 0 0 2 12s4 7 10 7a9 9 0 0 0 4-1",
  send: "M4 4l17 8-17 8 3-8zM7 12h14",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  clear: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  keys: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10",
};

/** Returns an icon. A screen reader skips it: the button that contains it has a name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Returns a button with an icon. On narrow screens, CSS hides the label of a button with the class "compact". */
export function button(label, iconName, action, properties = {}) {
  return h("button", { type: "button", ...properties, on: { click: action } }, iconName && icon(iconName), h("span", { class: "label" }, label));
}

let hideToast;

/** Shows a short message, which a screen reader reads. */
export function toast(message) {
  const element = document.getElementById("toast");
  replace(element, message);
  element.classList.add("visible");
  clearTimeout(hideToast);
  hideToast = setTimeout(() => element.classList.remove("visible"), 4000);
}
