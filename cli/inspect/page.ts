// Copyright 2026 the NSS for Deno authors. MIT license.

/** The page of a visitor's own handshake: HTML without scripts and without foreign resources. @module */

import { count, join } from "../base/text.ts";
import type { Field } from "../explain/field.ts";
import type { CertificateReport } from "../net/report.ts";
import { milliseconds } from "../net/report_text.ts";
import type { Finding } from "./better_client.ts";
import { type Door, DOORS, MAIN } from "./doors.ts";
import { Html, html } from "./html.ts";
import type { ChainReport, Inspection } from "./inspection.ts";
import type { Choice, SessionPart } from "./negotiation.ts";
import { STYLE } from "./style.ts";
import { drawFlights, MAX_FLIGHTS } from "./timeline.ts";
import {
  certificateRows,
  chosenOf,
  handshakeKind,
  LEVEL_NAMES,
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

function section(id: (typeof SECTIONS)[number][0], title: string, content: Html): Html {
  return html`
    <section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${content}
    </section>
  `;
}

function facts(inspection: Inspection): Html {
  const rows: readonly (readonly [name: string, value: string, mono?: boolean])[] = [
    ["version", chosenOf(inspection, "version")],
    ["handshake", handshakeKind(inspection)],
    ["key exchange", chosenOf(inspection, "key exchange")],
    ["cipher suite", chosenOf(inspection, "cipher suite"), true],
    ["JA4 fingerprint", inspection.ja4, true],
    ["your address", inspection.client, true],
  ];
  return html`
    <dl class="facts">${rows.map(([name, value, mono]) =>
      html`
        <div${mono
          ? html`
            class="whole"
          `
          : null}>
          <dt>${name}</dt>
          <dd>${mono ? html`<span class="mono">${value}</span>` : value}</dd>
          </div>
      `
    )}
    </dl>
  `;
}

function finding({ level, what, why, cure }: Finding): Html {
  return html`
    <li>
      <div><span class="badge ${level}">${LEVEL_NAMES[level]}</span></div>
      <div>
    <p><strong>It ${what}</strong></p><p>${why}.</p>${cure === ""
      ? null
      : html`<p><span class="quiet">Better:</span> ${cure}.</p>`}</div>
    </li>
  `;
}

function offered(title: string, names: readonly string[], chosen: string): Html | null {
  if (names.length === 0) return null;
  const shown = names.slice(0, MAX_OFFERED);
  const left = names.length - shown.length;
  return html`
    <dt>${title}</dt>
    <dd>${shown.map((name, i) =>
      html`${i === 0 ? "" : ", "}${name === chosen ? html`<b>${name}</b>` : name}`
    )}${left === 0 ? null : ` and ${left} more`}</dd>
  `;
}

function choice({ what, chosen, why, client, server }: Choice): Html {
  const hasLists = client.length + server.length > 0;
  return html`
    <tr>
      <th scope="row">${what}</th>
      <td class="mono">${chosen}</td>
      <td>${why}.${hasLists
        ? html`
          <details>
            <summary>what both have, in their order</summary>
            <dl class="lists">${offered("the client", client, chosen)}${offered(
              "this server",
              server,
              chosen,
            )}</dl>
          </details>
        `
        : null}</td>
    </tr>
  `;
}

function negotiated({ negotiated }: Inspection): Html {
  return html`
    <table class="stack">
      <caption>Each choice, with its reason</caption>
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col">chosen</th>
          <th scope="col">why</th>
        </tr>
      </thead>
      <tbody>${negotiated.map(choice)}
      </tbody>
    </table>
  `;
}

function timeline({ flights }: Inspection): Html {
  const shown = flights.slice(0, MAX_FLIGHTS);
  return html`<p>A flight is what one end sends before the other one answers. The times are those of
this server, from the first byte that it got; between its flight and your answer lies the way to you
and back.</p>
<div class="time">${drawFlights(shown)}
<div><table class="stack"><caption>The same as text, message by message</caption>
<thead><tr><th scope="col">from, at</th><th scope="col">message</th><th scope="col" class="number"
>bytes</th></tr></thead>
${
    shown.map(({ way, at, bytes, items }) =>
      html`<tbody>${
        items.map(({ name, length, encrypted, says }, i) =>
          html`
            <tr>${i === 0
              ? html`
                <th scope="rowgroup"
                  rowspan="${items.length}">${way === "received"
                    ? "client"
                    : "server"}<br><span class="place">${milliseconds(at)}, ${count(
                      bytes,
                      "byte",
                    )}</span></th>
              `
              : null}<td><span class="mono">${name}</span>${encrypted
              ? html`
                <span class="badge quiet">encrypted</span>
              `
              : null}<br><span class="quiet">${says}</span></td><td class="number">${length}</td></tr>
          `
        )
      }
</tbody>`
    )
  }</table>${
    flights.length > shown.length
      ? html`<p>${count(flights.length - shown.length, "flight")} more.</p>`
      : null
  }</div></div>`;
}

function mark({ mark }: Field): Html | null {
  return mark === null ? null : html`
    <span class="badge ${mark}">${mark === "grease" ? "GREASE" : mark}</span>
  `;
}

/** How deep fields are open when the page comes. */
const OPEN_DEPTH = 1;

function field(one: Field, depth: number): Html {
  const { name, value, text, start, end, fields } = one;
  const parts = count(fields.length, "part");
  const what = text === "" ? null : html`<p class="quiet">${text}</p>`;
  // A list whose items have nothing to say of their own is told by its value
  const hasParts = fields.length > 0 &&
    !(one.isList && fields.every((part) => part.text === "" && part.mark === null));
  return html`
    <li><div class="field"><div><span class="mono">${name}</span>${mark(one)}
    <div class="place">${end - start === 0
      ? "no bytes"
      : `bytes ${start} to ${end - 1}`}</div></div><div>${value === ""
      ? null
      : html`<p class="mono">${value}</p>`}${what}</div></div>${!hasParts
      ? null
      : depth < OPEN_DEPTH && !one.isList
      ? html`<ol class="fields">${fields.map((part) => field(part, depth + 1))}</ol>`
      : html`
        <details>
          <summary>${parts} of <span class="mono">${name}</span></summary>
          <ol
            class="fields">${fields.map((part) => field(part, depth + 1))}</ol>
        </details>
      `}</li>
  `;
}

function hellos({ hellos }: Inspection): Html {
  return html`${
    hellos.map((hello, i) =>
      html`${
        hellos.length === 1
          ? null
          : html`<h3>${
            i === 0 ? "The first one" : "The second one, behind a HelloRetryRequest"
          }</h3>`
      }<p>${count(hello.end, "byte")}, in the order in which they came, with what each field is
for.</p>
<ol class="fields">${hello.fields.map((one) => field(one, 0))}</ol>`
    )
  }`;
}

function certificate(path: readonly CertificateReport[]): Html | null {
  const [one, ...below] = path;
  if (one === undefined) return null;
  return html`
    <ul class="tree">
      <li><strong>${one.name}</strong>${below.length === 0 ? null : html`
        <span class="quiet">has issued</span>
      `}<dl>${certificateRows(one).map(([name, value]) =>
        html`
          <dt>${name}</dt>
          <dd>${value}</dd>
        `
      )}</dl>${certificate(below)}</li>
    </ul>
  `;
}

function chain(title: string, { certificates, problems }: ChainReport, none: string): Html {
  const { path, unused } = treeOf(certificates);
  return html`<h3>${title}</h3>${
    certificates.length === 0 ? html`<p>${none}</p>` : certificate(path)
  }${
    unused.length === 0
      ? null
      : html`<p>Sent besides, and not needed: ${join(unused.map(({ name }) => name))}.</p>`
  }${
    problems.length === 0
      ? null
      : html`<ul class="findings">${
        problems.map(({ error, cause, cure }) =>
          html`
            <li>
              <div><span class="badge insecure">problem</span></div>
              <div>
                <p><strong>${cause}</strong> <span
            class="mono quiet">${error}</span></p>
                <p>${cure}.</p>
              </div>
            </li>
          `
        )
      }</ul>`
  }`;
}

function certificates({ certificates: { server, client }, sessions }: Inspection): Html {
  const resumed = sessions.resumption.done
    ? " It was not sent this time: the session is an earlier one's."
    : "";
  return html`<p>The chain that this server shows, the root above if there is one.${resumed} Whether
it is trusted, your client alone decides; one that is self-signed, nobody vouches for.</p>${
    chain("This server's", server, "None.")
  }${
    chain(
      "Your client's",
      client,
      "None was shown. Another port of this server asks for one: see below.",
    )
  }`;
}

function sessions({ sessions: { resumption, earlyData, keyUpdate } }: Inspection): Html {
  const row = (name: string, { done, says }: SessionPart, yes: string, no: string): Html =>
    html`
      <tr>
        <th scope="row">${name}</th>
        <td><span class="badge ${done ? "good" : "quiet"}">${done ? yes : no}</span></td>
        <td>${says}.</td>
      </tr>
    `;
  return html`
    <table class="stack">
      <caption>What outlives a connection, or comes before it</caption>
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col">was it?</th>
          <th scope="col">why</th>
        </tr>
      </thead>
      <tbody>${row("resumption", resumption, "resumed", "not resumed")}${row(
        "early data",
        earlyData,
        "accepted",
        "none",
      )}${row("key update", keyUpdate, "possible", "not possible")}
      </tbody>
    </table>
    <p><a class="button" href="/">Load the page again</a></p>
    <p class="quiet">Each page is a connection of its own, so that loading it again resumes the
    session.</p>
  `;
}

function doorLink({ name, title, text }: Door, url: string, current: string): Html {
  return html`
    <li><a class="button" href="${url}"${name === current
      ? html`
        aria-current="page"
      `
      : null}>${title}</a><p>${text}${name === current ? "; you are here" : ""}.</p></li>
  `;
}

function doors({ links, door: current }: Inspection): Html {
  const urls = new Map(links.map(({ door, url }) => [door, url]));
  const groups = Map.groupBy(DOORS.filter(({ name }) => urls.has(name)), ({ about }) => about);
  return html`<p>Each of these is another port of this server. A client that cannot do what one
wants gets an alert, and shows an error of its own in place of this page.</p>
<div class="doors">${
    [...groups].map(([about, members]) =>
      html`
        <div>
          <h3>${about}</h3>
          <ul>${members.map((one) => doorLink(one, urls.get(one.name)!, current))}
          </ul>
        </div>
      `
    )
  }</div>
<p><a class="button" href="${urls.get(MAIN) ?? "/"}"${
    current === MAIN
      ? html`
        aria-current="page"
      `
      : null
  }>As the server was started</a></p>`;
}

/** The page as HTML. */
export function pageOf(inspection: Inspection): string {
  const { findings } = inspection;
  const bad = findings.filter(({ level }) => level !== "good");
  const good = findings.filter(({ level }) => level === "good");
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Your TLS handshake</title>
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to what was negotiated</a>
        <header>
          <h1>Your TLS handshake</h1>
          <p class="lead"><span class="${worst(findings)}"><strong>${verdictOf(
            inspection,
          )}</strong></span>.
    This page shows what your client sent to get it, and what this server made of that.</p>
        </header>
        <nav aria-label="Sections">
          <ul>${SECTIONS.map(([id, title]) =>
            html`
              <li><a href="#${id}">${title}</a></li>
            `
          )}
          </ul>
        </nav>
        <main id="main">
    ${facts(inspection)}${section(
      "better",
      "What a better client would have sent",
      html`${
        bad.length === 0
          ? html`<p>Nothing: there is no better one today.</p>`
          : html`<ul class="findings">${bad.map(finding)}</ul>`
      }${
        good.length === 0 ? null : html`
          <details>
            <summary>What is good already: ${count(good.length, "thing")}</summary>
            <ul class="findings">${good.map(finding)}</ul>
          </details>
        `
      }`,
    )}${section("negotiated", "What was negotiated, and why", negotiated(inspection))}${section(
      "time",
      "The handshake in time",
      timeline(inspection),
    )}${section("hello", "Your ClientHello", hellos(inspection))}${section(
      "certificates",
      "Certificates",
      certificates(inspection),
    )}${section("sessions", "Sessions", sessions(inspection))}${section(
      "doors",
      "Try another handshake",
      doors(inspection),
    )}</main>
        <footer>
          <p>The same <a href="/json">as JSON</a> and <a href="/text">as plain text</a>. Nothing is stored:
    what was seen of your connection is forgotten when it ends.</p>
        </footer>
      </body>
    </html>
  `.markup;
}
