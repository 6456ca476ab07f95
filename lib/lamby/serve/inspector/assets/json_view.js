// Shows JSON with colors, and text with line numbers where this helps.
import { h } from "./dom.js";
import { bytes } from "./format.js";
import { parse } from "./secrets.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g;
// Longer JSON has no colors, because the browser would need seconds for so many elements.
const COLORED = 120 * 1024;

/** Returns a block with the JSON of a value. */
export function jsonBlock(value, label) {
  const text = JSON.stringify(value, null, 2);
  return h("pre", { class: "code", tabindex: "0", role: "region", "aria-label": label }, text.length > COLORED ? text : colored(text));
}

function colored(text) {
  const parts = [];
  let position = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [all, string, colon] = match;
    parts.push(text.slice(position, match.index));
    const style = colon ? "key" : string ? "string" : /^[tfn]/.test(all) ? "word" : "number";
    parts.push(h("span", { class: style }, colon ? string : all));
    if (colon) parts.push(colon);
    position = match.index + all.length;
  }
  return [...parts, text.slice(position)];
}

/**
 * Returns a block for a text of the API: JSON, text, or bytes in hexadecimal.
 * @param {{size: number, text?: string, base64?: string, cut?: boolean}} text
 * @param {Masker} masker
 * @param {string} label the name of the block for screen readers
 */
export function textBlock(text, masker, label) {
  if (!text || text.size === 0) return h("p", { class: "none" }, "Empty");
  const note = text.cut && h("p", { class: "note" }, `These are the first bytes of ${bytes(text.size)}. Save the file to read the rest.`);
  if (text.base64 !== undefined) return h("div", {}, h("p", { class: "note" }, `${bytes(text.size)} that are not UTF-8 text`), hexBlock(text.base64, label));
  const value = /^\s*[[{]/.test(text.text) ? parse(text.text) : undefined;
  const block = value === undefined
    ? h("pre", { class: "code wrap", tabindex: "0", role: "region", "aria-label": label }, masker.text(text.text))
    : jsonBlock(masker.tree(value), label);
  return h("div", {}, note, block);
}

function hexBlock(base64, label) {
  const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).slice(0, 1024);
  const lines = [];
  for (let offset = 0; offset < data.length; offset += 16) {
    const line = [...data.slice(offset, offset + 16)];
    const hex = line.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = line.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${offset.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return h("pre", { class: "code", tabindex: "0", role: "region", "aria-label": label }, lines.join("\n"));
}
