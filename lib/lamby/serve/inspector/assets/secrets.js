// Hides secrets until the user shows them.

const SENSITIVE = /^(?:(?:proxy-)?authorization|cookies?|set-cookie|pwd|pin|otp|auth)$|token|secret|passw|passphrase|api-?key|access-?key|private-?key|credential|signature|session-?(?:id|key)|csrf|xsrf/i;
// The same names in text: "name=value" in queries and forms, "name": "value" in JSON.
const NAMES = "[\\w.\\[\\]-]*(?:token|secret|passw|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|credential|signature|session[-_]?id|csrf|xsrf)[\\w.\\[\\]-]*|pwd|otp";
const IN_QUERY = new RegExp(`((?:^|[?&;\\s"'])(?:${NAMES})=)([^&\\s"'#;]+)`, "gi");
const IN_JSON = new RegExp(`("(?:${NAMES}|authorization|cookie|set-cookie)\\\\*"\\s*:\\s*\\\\*")((?:[^"\\\\]|\\\\[^"])+)`, "gi");
const IN_HEADER = /\b((?:authorization|cookie|set-cookie)\s*:\s*|\b(?:Bearer|Basic)\s+)([^\s"'][^\n"']*)/gi;
const MASK = "••••••••";
// A shorter secret is not searched in other texts, because it could be a usual word.
const SHORTEST = 6;

/** Returns whether a field, a header or a variable with this name is a secret. */
export function sensitive(name) {
  return SENSITIVE.test(String(name).replace(/^HTTP_/, "").replaceAll("_", "-"));
}

/** Whether secrets are shown. It changes for all views at once. */
export const secrets = Object.assign(new EventTarget(), {
  shown: false,
  show(shown) {
    this.shown = shown;
    this.dispatchEvent(new Event("change"));
  },
});

/** Hides what looks like a secret in a text, such as a title in the list. */
export function maskText(text) {
  if (secrets.shown) return text;
  return replaceKnown(text, () => MASK);
}

function replaceKnown(text, replacement) {
  const inside = (_, before, value) => before + replacement(value);
  return text.replace(IN_QUERY, inside).replace(IN_JSON, inside).replace(IN_HEADER, inside);
}

/**
 * Hides the secrets of one invocation. It first collects the values of sensitive fields, and hides these values
 * everywhere, for example in log lines.
 */
export class Masker {
  /** @param {Object} detail an invocation; @param {Object} options `always` hides secrets even if they are shown */
  constructor(detail, { always = false, replacement = () => MASK } = {}) {
    this.always = always;
    this.replacement = replacement;
    this.values = new Set();
    for (const [name, value] of detail.request?.headers || []) this.collect(name, value);
    for (const [name, value] of detail.response?.headers || []) this.collect(name, value);
    for (const [name, value] of detail.env?.entries || []) this.collect(name, value);
    for (const text of [detail.request?.url, detail.request?.body?.text]) this.collectText(text);
    for (const text of [detail.event?.text, detail.payload?.text, detail.request?.body?.text]) this.collectTree(parse(text));
    const longest = [...this.values].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
    this.known = longest.length ? new RegExp(longest.slice(0, 500).map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "g") : null;
  }

  get active() {
    return this.always || !secrets.shown;
  }

  /** Hides secrets in a text. */
  text(text) {
    if (!this.active || !text) return text;
    const masked = this.known ? text.replace(this.known, (value) => this.replacement(value)) : text;
    return replaceKnown(masked, (value) => (value.includes(MASK) || value.includes("‹") ? value : this.replacement(value)));
  }

  /** Hides the value of a field, if the field's name is sensitive, or secrets in it. */
  value(name, value) {
    if (!this.active || typeof value !== "string" || value === "") return value;
    return sensitive(name) ? this.replacement(value) : this.text(value);
  }

  /** Returns a copy of parsed JSON in which secrets are hidden. */
  tree(value, name = "") {
    if (!this.active) return value;
    if (typeof value === "string") return this.value(name, value);
    if (typeof value === "number" && sensitive(name)) return MASK;
    if (Array.isArray(value)) return value.map((element) => this.tree(element, name));
    if (value === null || typeof value !== "object") return value;
    const encoded = value.isBase64Encoded === true || value.is_base64_encoded === true;
    return Object.fromEntries(Object.entries(value).map(([key, field]) =>
      [key, encoded && key === "body" ? this.base64(field) : this.tree(field, sensitive(name) ? name : key)]));
  }

  base64(body) {
    try {
      const decoded = new TextDecoder().decode(Uint8Array.from(atob(body), (character) => character.charCodeAt(0)));
      return this.text(decoded) === decoded ? body : this.replacement(body);
    } catch {
      return body;
    }
  }

  collect(name, value) {
    if (typeof value !== "string" || !value) return;
    if (!sensitive(name)) return this.collectText(value);
    this.values.add(value);
    // Only the first pair of Set-Cookie is a value. The others are attributes, such as Path.
    const pairs = /^(?:HTTP_)?COOKIE$/i.test(name) ? value.split(/;\s*/) : /cookie/i.test(name) ? [value.split(";")[0]] : [];
    for (const pair of pairs) if (pair.includes("=")) this.values.add(pair.slice(pair.indexOf("=") + 1));
    if (!pairs.length) this.values.add(value.replace(/^(?:Bearer|Basic)\s+/i, ""));
  }

  collectText(text) {
    for (const [, , value] of (text || "").matchAll(IN_QUERY)) {
      this.values.add(value);
      try {
        this.values.add(decodeURIComponent(value.replaceAll("+", " ")));
      } catch { /* It is not encoded. */ }
    }
  }

  collectTree(value, name = "") {
    if (typeof value === "string") this.collect(name, value);
    else if (value && typeof value === "object") {
      for (const [key, field] of Object.entries(value)) this.collectTree(field, Array.isArray(value) || sensitive(name) ? name : key);
    }
  }
}

/** Returns parsed JSON, or undefined. */
export function parse(text) {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
