// Keeps a page as it is now: asks for it again and puts in the parts that differ, so that what is being typed stays.
"use strict";

const PAUSE = 1000;  // milliseconds between two looks, more where a look takes long
const trouble = document.getElementById("trouble");
const shown = new WeakMap();  // element -> its text as the server sent it

function ask(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";  // never a string that this page would have to parse
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Error("durable ui does not answer: it has ended, or was started anew"));
    request.send();
  });
}

async function page(address) {
  const answer = await ask(address);
  if (answer.status === 200 && answer.response) return answer.response;
  const problem = answer.response && answer.response.getElementById("problem");
  throw new Error(problem ? problem.textContent : `durable ui answers ${answer.status}`);
}

function textOf(element) {
  if (!shown.has(element)) shown.set(element, element.outerHTML);
  return shown.get(element);
}

function remember(element) {
  textOf(element);
  if ("parts" in element.dataset) [...element.children].forEach(remember);
}

function merge(old, fresh) {
  if (textOf(old) === textOf(fresh)) return;
  if ("parts" in old.dataset && "parts" in fresh.dataset) {
    shown.set(old, textOf(fresh));
    if ("version" in fresh.dataset) old.dataset.version = fresh.dataset.version;
    mergeParts(old, fresh);
    return;
  }
  const pre = old.querySelector("pre");
  const atEnd = !pre || pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4;
  const top = pre ? pre.scrollTop : 0;
  let now = old;
  if (isAlike(old, fresh)) {
    shown.set(old, textOf(fresh));
    adapt(old, fresh);
  } else {
    old.replaceWith(fresh);
    now = fresh;
  }
  const text = pre && now.querySelector("pre");
  if (text) text.scrollTop = atEnd ? text.scrollHeight : top;
}

// Whether two elements differ in text and attributes only. Then the old one stays, and a click under way is not lost.
function isAlike(old, fresh) {
  return old.nodeName === fresh.nodeName && old.childNodes.length === fresh.childNodes.length
    && [...old.childNodes].every((child, index) => isAlike(child, fresh.childNodes[index]));
}

function adapt(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  old.childNodes.forEach((child, index) => adapt(child, fresh.childNodes[index]));
}

function mergeParts(old, fresh) {
  const wanted = new Map([...fresh.children].map((part) => [part.id, part]));
  for (const part of [...old.children]) if (!wanted.has(part.id)) part.remove();
  let at = old.firstElementChild;
  for (const [id, part] of wanted) {
    if (at && at.id === id) {
      const next = at.nextElementSibling;
      merge(at, part);
      at = next;
    } else {
      [...old.children].filter((one) => one.id === id).forEach((one) => one.remove());
      remember(part);
      old.insertBefore(part, at);
    }
  }
}

function say(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
}

const visible = () => new Promise((resolve) => {
  if (!document.hidden) resolve();
  else document.addEventListener("visibilitychange", resolve, { once: true });
});

async function follow(live) {
  remember(live);
  for (;;) {
    const begun = performance.now();
    try {
      const fresh = (await page(location.href)).getElementById("live");
      remember(fresh);
      merge(live, fresh);
      say("");
    } catch (error) {
      say(error.message);
    }
    await draw(live);
    const took = performance.now() - begun;
    await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSE, 4 * took)));
    await visible();
  }
}

const graph = document.getElementById("graph");

async function draw(live) {
  if (!graph || graph.dataset.version === live.dataset.version) return;
  const version = live.dataset.version;
  try {
    graph.replaceChildren(...(await page(graph.dataset.from)).body.children);
  } catch (error) {
    const told = document.createElement("p");
    told.textContent = `no graph: ${error.message}`;
    graph.replaceChildren(told);
  }
  graph.dataset.version = version;
}

document.addEventListener("submit", (event) => {
  const buttons = event.target.querySelectorAll("button");
  setTimeout(() => buttons.forEach((button) => { button.disabled = true; }), 0);
});

const live = document.getElementById("live");
if (live) follow(live);
