// Copyright 2026 the NSS for Deno authors. MIT license.

/** The page of a visitor's own handshake: HTML without scripts and foreign resources. @module */

import { groupBy } from "../../cert/base/runtime.ts";
import { count, join } from "../base/text.ts";
import type { Field } from "../explain/field.ts";
import type { CertificateReport } from "../net/report.ts";
import { milliseconds } from "../net/report_text.ts";
import type { Finding } from "./better_client.ts";
import { type Door, DOORS, MAIN } from "./doors.ts";
import type { ChainReport, Inspection } from "./inspection.ts";
import { Markup, markup } from "./markup.ts";
import type { Choice, SessionPart } from "./negotiation.ts";
import { STYLE } from "./style.ts";
import { drawFlights, MAX_FLIGHTS } from "./timeline.ts";
import {
  certificateRows,
  chosenOf,
  handshakeKind,
  ja4Parts,
  LEVEL_NAMES,
  saysOf,
  sentence,
  treeOf,
  verdictOf,
  worst,
} from "./words.ts";

/** The most items of an offer that are listed beside what was chosen. */
const MAX_OFFERED = 24;

const SECTIONS = [
  ["better", "Your client"],
  ["negotiated", "Negotiated"],
  ["time", "Timeline"],
  ["hello", "ClientHello"],
  ["certificates", "Certificates"],
  ["sessions", "Sessions"],
  ["doors", "Try another"],
] as const;

function section(id: (typeof SECTIONS)[number][0], title: string, content: Markup): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}
</section>
`;
}

/** A text of the wire, which may be broken behind its underscores and the like. */
function code(text: string): Markup {
  const parts = text.split(/(?<=[_,;:])(?=[^\s_,;:])/);
  return markup`<span class="mono">${
    parts.map((part, i) => i === 0 ? part : markup`<wbr>${part}`)
  }</span>`;
}

function codes(names: readonly string[], chosen: string | null = null): readonly Markup[] {
  return names.map((name, i) => {
    const one = name === chosen ? markup`<strong>${code(name)}</strong>` : code(name);
    return markup`${i === 0 ? "" : ", "}${one}`;
  });
}

function facts(inspection: Inspection): Markup {
  const rows: readonly (readonly [name: string, value: string | Markup, isLong: boolean])[] = [
    ["Version", chosenOf(inspection, "version"), false],
    ["Key exchange", code(chosenOf(inspection, "key exchange")), false],
    ["Cipher suite", code(chosenOf(inspection, "cipher suite")), true],
    ["Handshake", handshakeKind(inspection), false],
    ["Your address", code(inspection.client), false],
    ["JA4 fingerprint", code(inspection.ja4), true],
  ];
  return markup`<dl class="facts">${
    rows.map(([name, value, isLong]) =>
      markup`
<div class="${isLong ? "long" : "short"}"><dt>${name}</dt><dd>${value}</dd></div>`
    )
  }
</dl>
`;
}

function finding({ level, what, which, why, cure }: Finding): Markup {
  return markup`
<li><div><span class="badge ${level}">${LEVEL_NAMES[level]}</span></div><div>
<p><strong>It ${what}</strong></p><p>${sentence(why)}</p>${
    which.length === 0 ? null : markup`<p class="quiet">${codes(which)}</p>`
  }${cure === "" ? null : markup`<p><span class="quiet">Better:</span> ${cure}.</p>`}</div></li>`;
}

function findings({ findings }: Inspection): Markup {
  const bad = findings.filter(({ level }) => level !== "good");
  const good = findings.filter(({ level }) => level === "good");
  return markup`${
    bad.length === 0
      ? markup`<p>Nothing: there is no better one today.</p>`
      : markup`<ul class="findings">${bad.map(finding)}</ul>`
  }${
    good.length === 0
      ? null
      : markup`<details><summary>What is good already: ${
        count(good.length, "thing")
      }</summary><ul class="findings">${good.map(finding)}</ul></details>`
  }`;
}

function offered(title: string, names: readonly string[], chosen: string): Markup | null {
  if (names.length === 0) return null;
  const shown = names.slice(0, MAX_OFFERED);
  const left = names.length - shown.length;
  return markup`<dt>${title}</dt><dd>${codes(shown, chosen)}${
    left === 0 ? null : ` and ${left} more`
  }</dd>`;
}

function choice({ what, chosen, why, client, server }: Choice): Markup {
  return markup`
<tr><th scope="row">${sentence(what).slice(0, -1)}</th><td class="chosen">${code(chosen)}</td><td>${
    sentence(why)
  }${
    client.length + server.length === 0
      ? null
      : markup`<details><summary>What both have<span class="hidden"> as ${what}</span>, in their
order</summary><dl class="lists">${offered("the client", client, chosen)}${
        offered("this server", server, chosen)
      }</dl></details>`
  }</td></tr>`;
}

function negotiated({ negotiated }: Inspection): Markup {
  return markup`<table class="stack"><caption>Each choice, with its reason</caption>
<thead><tr><th scope="col">What</th><th scope="col">Chosen</th><th scope="col">Why</th></tr></thead>
<tbody>${negotiated.map(choice)}
</tbody></table>`;
}

type Flights = Inspection["flights"];

function flightRows({ way, at, bytes, items }: Flights[number]): Markup {
  const head = markup`<th scope="rowgroup" rowspan="${items.length}">${
    way === "received" ? "Client" : "Server"
  }<span class="place">${milliseconds(at)}, ${count(bytes, "byte")}</span></th>`;
  return markup`
<tbody>${
    items.map((item, i) =>
      markup`
<tr>${i === 0 ? head : null}<td>${code(item.name)}${
        item.encrypted ? markup` <span class="badge quiet">encrypted</span>` : null
      }<br><span class="quiet">${
        saysOf(item, way)
      }</span></td><td class="number">${item.length}</td></tr>`
    )
  }
</tbody>`;
}

function timeline({ flights }: Inspection): Markup {
  const shown = flights.slice(0, MAX_FLIGHTS);
  const left = flights.length - shown.length;
  return markup`<p>A flight is what one end sends before the other one answers. The times are those
of this server, from the first byte that it got; between its flight and your answer lies the way to
you and back.</p>
<div class="time">${drawFlights(shown)}
<div><table class="stack"><caption>The same as text, message by message</caption>
<thead><tr><th scope="col">From, at</th><th scope="col">Message</th><th scope="col" class="number"
>Bytes</th></tr></thead>${shown.map(flightRows)}
</table>${left === 0 ? null : markup`<p>${count(left, "flight")} more.</p>`}</div></div>`;
}

/** How deep fields are open when the page comes. */
const OPEN_DEPTH = 1;

function field(one: Field, depth: number): Markup {
  const { name, value, text, mark, start, end, fields, isList } = one;
  const isOpen = fields.length > 0 && depth < OPEN_DEPTH && !isList;
  // What a plain list has, its value says
  const isPlain = isList && fields.every((part) => part.text === "" && part.mark === null);
  const parts = markup`<ol class="fields">${fields.map((part) => field(part, depth + 1))}</ol>`;
  return markup`
<li><div class="field"><div>${code(name)}${
    mark === null
      ? null
      : markup` <span class="badge ${mark}">${mark === "grease" ? "GREASE" : mark}</span>`
  }<div class="place">${
    end === start ? "no bytes" : end - start === 1 ? `byte ${start}` : `bytes ${start}–${end - 1}`
  }</div></div><div>${value === "" || isOpen ? null : markup`<p>${code(value)}</p>`}${
    text === "" ? null : markup`<p class="quiet">${sentence(text)}</p>`
  }</div></div>${
    isOpen
      ? parts
      : fields.length === 0 || isPlain
      ? null
      : markup`<details><summary>${count(fields.length, "part")} of ${
        code(name)
      }</summary>${parts}</details>`
  }</li>`;
}

function hellos({ hellos, ja4 }: Inspection): Markup {
  const fields = (hello: Field): Markup =>
    markup`<p>${
      count(hello.end, "byte")
    }, field by field as they came, with the bytes that each one takes.</p>
<ol class="fields">${hello.fields.map((one) => field(one, 0))}</ol>`;
  const [first, ...others] = hellos;
  return markup`${first === undefined ? null : fields(first)}${
    others.map((hello) =>
      markup`<h3>The second one, after a HelloRetryRequest</h3>
<p>It is the first one again, with what the server has asked for.</p>
<details><summary>The second one, field by field</summary>${fields(hello)}</details>`
    )
  }
<h3>JA4 fingerprint</h3>
<p>Software is told apart by it, whatever it says of itself. ${code(ja4)} has these parts:</p>
<dl class="parts">${
    ja4Parts(ja4).map(([part, says]) => markup`<dt>${code(part)}</dt><dd>${says}</dd>`)
  }</dl>`;
}

/** A certificate with what it has issued, down to the last. */
function certificate(path: readonly CertificateReport[]): Markup | null {
  const [one, ...below] = path;
  if (one === undefined) return null;
  return markup`<ul class="tree"><li><strong>${one.name}</strong>${
    below.length === 0 ? null : markup` <span class="quiet">has issued the next</span>`
  }<dl>${
    certificateRows(one).map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)
  }</dl>${certificate(below)}</li></ul>`;
}

function chain(title: string, { certificates, problems }: ChainReport, none: string): Markup {
  const { path, unused } = treeOf(certificates);
  return markup`<h3>${title}</h3>${
    certificates.length === 0 ? markup`<p>${none}</p>` : certificate(path)
  }${
    unused.length === 0
      ? null
      : markup`<p>Sent besides, and not needed: ${join(unused.map(({ name }) => name))}.</p>`
  }${
    problems.length === 0
      ? null
      : markup`<ul class="findings">${
        problems.map(({ error, says, cause, cure }) =>
          markup`
<li><div><span class="badge insecure">problem</span></div><div><p><strong>${says}</strong></p>
<p>${sentence(cause)} <span class="quiet">${code(error ?? "")}</span></p>
<p><span class="quiet">Better:</span> ${cure}.</p></div></li>`
        )
      }</ul>`
  }`;
}

function certificates({ certificates: { server, client }, sessions }: Inspection): Markup {
  const resumed = sessions.resumption.done
    ? " It was not sent this time: the session is an earlier one's."
    : "";
  return markup`<p>The chain that this server shows, the root above if it is there.${resumed}
Whether it is trusted, your client alone decides; for one that is self-signed nobody vouches.</p>${
    chain("This server's", server, "None.")
  }${chain("Your client's", client, "None was shown. Another port of this server asks for one.")}`;
}

function sessions({ sessions: { resumption, earlyData, keyUpdate } }: Inspection): Markup {
  const row = (name: string, { done, says }: SessionPart, yes: string, no: string): Markup =>
    markup`
<tr><th scope="row">${name}</th><td><span class="badge ${done ? "good" : "quiet"}">${
      done ? yes : no
    }</span></td><td>${sentence(says)}</td></tr>`;
  return markup`<table class="stack"><caption>What outlives a connection, or comes before it
</caption>
<thead><tr><th scope="col">What</th><th scope="col">Was it?</th><th scope="col">Why</th></tr></thead>
<tbody>${row("Resumption", resumption, "resumed", "not resumed")}${
    row("Early data", earlyData, "accepted", "none")
  }${row("Key update", keyUpdate, "possible", "not possible")}
</tbody></table>
<p class="more"><a class="button" href="/">Load the page again</a></p>
<p class="quiet">Each page is a connection of its own, so that loading it again resumes the
session. Browsers open connections ahead, with full handshakes: then it takes a time more.</p>`;
}

function doorLink({ name, title, text }: Door, url: string, current: string): Markup {
  return markup`
<li><a class="button" href="${url}"${
    name === current ? markup` aria-current="page"` : null
  }>${title}</a><p>${sentence(name === current ? `${text}; you are here` : text)}</p></li>`;
}

function doors({ links, door: current }: Inspection): Markup {
  const urls = new Map(links.map(({ door, url }) => [door, url]));
  const groups = groupBy(DOORS.filter(({ name }) => urls.has(name)), ({ about }) => about);
  return markup`<p>Each of these is another port of this server. A client that cannot do what one
wants gets an alert, and shows an error of its own in place of this page.</p>
<div class="doors">${
    [...groups].map(([about, members]) =>
      markup`
<div><h3>${about}</h3><ul>${members.map((one) => doorLink(one, urls.get(one.name)!, current))}
</ul></div>`
    )
  }</div>
<p class="more"><a class="button" href="${urls.get(MAIN) ?? "/"}"${
    current === MAIN ? markup` aria-current="page"` : null
  }>As the server was started</a></p>`;
}

/** The page as HTML. */
export function pageOf(inspection: Inspection): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Your TLS handshake</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to what was negotiated</a>
<header>
<h1>Your TLS handshake</h1>
<p class="lead"><strong class="${worst(inspection.findings)}">${verdictOf(inspection)}.</strong>
This page shows what your client has sent to get it, and what this server made of that.</p>
</header>
<nav aria-label="Sections"><ul>${
    SECTIONS.map(([id, title]) =>
      markup`
<li><a href="#${id}">${title}</a></li>`
    )
  }
</ul></nav>
<main id="main">
${facts(inspection)}${
    section("better", "What a better client would have sent", findings(inspection))
  }${section("negotiated", "What was negotiated, and why", negotiated(inspection))}${
    section("time", "The handshake in time", timeline(inspection))
  }${section("hello", "Your ClientHello", hellos(inspection))}${
    section("certificates", "Certificates", certificates(inspection))
  }${section("sessions", "Sessions", sessions(inspection))}${
    section("doors", "Try another handshake", doors(inspection))
  }</main>
<footer>
<p>The same <a href="/json">as JSON</a> and <a href="/text">as plain text</a>. Nothing is stored:
what was seen of your connection is forgotten when it ends.</p>
</footer>
</body>
</html>
`.html;
}
