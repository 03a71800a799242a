"use strict";
const rows = JSON.parse(document.getElementById("data").textContent);
const columns = ["model", "target", "status", "license", "class"];
const form = document.getElementById("filter");
for (const name of ["status", "license", "class"]) {
  const at = columns.indexOf(name);
  const counts = new Map();
  for (const row of rows) counts.set(row[at], (counts.get(row[at]) || 0) + 1);
  for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1]).slice(0, 500)) {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = (value || "none") + " (" + count + ")";
    form.elements[name].append(option);
  }
}
function show() {
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = ["status", "license", "class"].map((name) => [columns.indexOf(name), form.elements[name]]);
  const found = rows.filter((row) =>
    chosen.every(([at, select]) => select.selectedIndex <= 0 || row[at] === select.value) &&
    words.every((word) => (row[0] + " " + row[1]).toLowerCase().includes(word)));
  const body = document.getElementById("rows");
  body.replaceChildren();
  for (const row of found.slice(0, 200)) {
    const line = body.insertRow();
    const link = document.createElement("a");
    link.href = row[5];
    link.textContent = row[0];
    line.insertCell().append(link);
    for (const text of row.slice(1, 5)) line.insertCell().textContent = text;
  }
  document.getElementById("count").textContent =
    found.length + " of " + rows.length + (found.length > 200 ? ", the first 200 are shown" : "");
}
// What is chosen is in the address, so that it can be passed on.
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  if (name in form.elements) form.elements[name].value = value;
}
form.addEventListener("input", () => {
  const chosen = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...chosen]) if (value === "" || value === "all") chosen.delete(name);
  history.replaceState(null, "", "#" + chosen);
  show();
});
form.addEventListener("submit", (event) => event.preventDefault());
show();
