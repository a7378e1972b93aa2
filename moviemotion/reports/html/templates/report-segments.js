"use strict";
/* Shows a segment instead of everyone: before report.js reads the page, its moments, lines, scenes and curves
   are replaced by those of the segment in the address (?segment=2). */
(() => {
  const $ = (id) => document.getElementById(id);
  const number = new URLSearchParams(location.search).get("segment") ?? "";
  const chooser = $("segment-chooser").querySelector("select"), segment = $(`segment-${number}`)?.content;
  $("segment-chooser").hidden = false;
  chooser.addEventListener("change", () => { location.search = chooser.value && `?segment=${chooser.value}`; });
  if (!segment) return;
  chooser.value = number;
  $("segment-banner").replaceWith(segment.querySelector(".timing"));

  const moments = segment.querySelector(".moments");
  $("moments").querySelector("ol, .empty").replaceWith(moments.querySelector("ol, .empty"));
  $("moments-title").querySelector(".count").textContent = document.querySelectorAll("#moments .moment").length;
  $("scenes")?.querySelector("tbody").replaceWith(segment.querySelector("tbody"));
  for (const row of document.querySelectorAll("#pages .line")) {
    const own = segment.querySelector(`[data-line="${row.id.replace("line-", "")}"]`);
    if (!own) continue;
    row.dataset.evidence = own.dataset.evidence;
    row.querySelectorAll(".line-emotion, .in-moments").forEach((part) => part.remove());
    row.append(...own.children);
  }
  const data = JSON.parse($("data").textContent);
  if (!data.segments[number - 1].curves.attention) $("attention-toggle")?.remove();
  $("tags").hidden = !data.segments[number - 1].moments.length;
  $("data").textContent = JSON.stringify({ ...data, ...data.segments[number - 1] });
})();
