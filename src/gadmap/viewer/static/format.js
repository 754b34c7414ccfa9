"use strict";
// Numbers as text, and elements of the page.

function digits(value, count = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e5)) return value.toExponential(count - 1);
  return String(Number(value.toPrecision(count)));
}

function plusMinus({ value, error }) {
  return error === null || value === null ? digits(value) : `${digits(value)} ± ${digits(error, 2)}`;
}

// An element with attributes and children; text is never read as markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A symbol with raised and lowered letters: "ktrans" as the report prints it.
function symbol(parts) {
  const element = make("span");
  for (const [tag, text] of parts) element.append(make(tag, {}, text));
  return element;
}

function show(id, visible) {
  document.getElementById(id).hidden = !visible;
}

function say(text) {
  const message = document.getElementById("message");
  message.textContent = text;
  message.hidden = !text;
}
