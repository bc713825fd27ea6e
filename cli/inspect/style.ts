// Copyright 2026 the NSS for Deno authors. MIT license.

/** The style of the page, light and dark, narrow and wide. @module */

/** The colours of a scheme; a test holds text to the contrast of WCAG 2.2, 1.4.3 (4.5 : 1). */
export interface Colours {
  /** Behind everything. */
  readonly ground: string;
  /** Behind cards. */
  readonly card: string;
  /** Behind what is marked: code, heads of tables. */
  readonly soft: string;
  /** Text. */
  readonly text: string;
  /** Text that is less important. */
  readonly quiet: string;
  /** Lines between things. */
  readonly line: string;
  /** Links, and the client's arrows. */
  readonly link: string;
  /** The server's arrows, and what is good. */
  readonly good: string;
  /** What could be better. */
  readonly better: string;
  /** What is old. */
  readonly old: string;
  /** What is insecure. */
  readonly insecure: string;
}

/** The colours by `prefers-color-scheme`. */
export const SCHEMES: Readonly<Record<"light" | "dark", Colours>> = {
  light: {
    ground: "#f4f5f7",
    card: "#ffffff",
    soft: "#eceff3",
    text: "#1b2430",
    quiet: "#4d5a6a",
    line: "#d3d9e1",
    link: "#0b55b5",
    good: "#136839",
    better: "#0b55b5",
    old: "#855000",
    insecure: "#b3161f",
  },
  dark: {
    ground: "#11161d",
    card: "#19212b",
    soft: "#232d39",
    text: "#e7ecf2",
    quiet: "#a9b5c3",
    line: "#36424f",
    link: "#82b8ff",
    good: "#66d19e",
    better: "#82b8ff",
    old: "#f1b95c",
    insecure: "#ff9a94",
  },
};

function variables(colours: Colours): string {
  return Object.entries(colours).map(([name, value]) => `--${name}:${value}`).join(";");
}

/** The style sheet. */
export const STYLE = `
:root{color-scheme:light dark;${variables(SCHEMES.light)}}
@media (prefers-color-scheme:dark){:root{${variables(SCHEMES.dark)}}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,header,footer,nav{max-width:70rem;margin:0 auto;padding:0 1rem}
header{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .35rem}
h3{font-size:1rem;line-height:1.4;margin:1.25rem 0 .35rem}
p{margin:.35rem 0;max-width:46rem}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);
outline-offset:2px;border-radius:3px}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
font-size:.875em;overflow-wrap:anywhere}
.quiet{color:var(--quiet)}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem .75rem;z-index:1}
.lead{font-size:1.05rem}
section,.facts{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:1.1rem 1.25rem;margin:1rem 0}
nav ul{list-style:none;margin:.9rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.35rem 1.1rem}
nav a{display:inline-block;padding:.2rem 0}
.facts{display:grid;grid-template-columns:1fr 1fr 2fr;gap:.9rem 1.5rem}
.facts div{min-width:0}
.facts dt{font-size:.85rem;color:var(--quiet)}
.facts dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.facts .mono{font-size:.9rem}
.badge{display:inline-block;font-size:.8rem;font-weight:600;line-height:1.4;padding:.05rem .5rem;
border:1px solid currentColor;border-radius:99px;white-space:nowrap}
.good{color:var(--good)}.better{color:var(--better)}.old{color:var(--old)}
.insecure,.malformed{color:var(--insecure)}.weak{color:var(--old)}
.grease,.unknown{color:var(--quiet)}
.findings{list-style:none;margin:.75rem 0 0;padding:0}
.findings>li{display:grid;grid-template-columns:6.5rem 1fr;gap:.15rem 1rem;padding:.65rem 0;
border-top:1px solid var(--line)}
.findings>li>div{min-width:0}
.findings p{margin:0}
.findings strong{overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.6rem 0 0;font-size:.95rem}
caption{text-align:left;color:var(--quiet);padding-bottom:.35rem}
th,td{text-align:left;vertical-align:top;padding:.5rem .75rem .5rem 0;
border-top:1px solid var(--line)}
thead th{font-size:.85rem;font-weight:600;color:var(--quiet);border-top:0;padding-top:0}
tbody th{font-weight:600;white-space:nowrap}
td{overflow-wrap:anywhere}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.unit{display:none}
.lists{margin:.3rem 0 0;font-size:.875rem}
.lists dt{color:var(--quiet)}
.lists dd{margin:0 0 .25rem}
.lists strong{color:var(--good)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
.chosen{min-width:13rem}
.more{margin-top:1rem}
.parts{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.15rem 1rem;margin:.5rem 0 0}
.parts dd{margin:0}
.time{display:grid;grid-template-columns:minmax(0,25rem) minmax(0,1fr);gap:1rem 2.5rem;
align-items:start}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--text);font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg .quiet{fill:var(--quiet);font-size:12px}
svg .head{font-weight:600}
svg .life{stroke:var(--line);stroke-width:2}
svg .received{stroke:var(--link);stroke-width:2.25;fill:none}
svg .sent{stroke:var(--good);stroke-width:2.25;fill:none}
svg .tip-received{fill:var(--link)}svg .tip-sent{fill:var(--good)}
.fields,.tree{list-style:none;margin:0;padding:0}
.fields>li{padding:.5rem 0;border-top:1px solid var(--line)}
.fields .fields{margin:.4rem 0 0;padding-left:1rem;border-left:3px solid var(--line)}
.fields .fields>li:first-child{border-top:0}
.field{display:grid;grid-template-columns:15rem minmax(0,1fr);gap:.1rem 1rem}
.fields .fields .field{grid-template-columns:14rem minmax(0,1fr)}
.field>*{min-width:0}
.place{display:block;font-size:.8rem;font-weight:400;color:var(--quiet);
font-variant-numeric:tabular-nums}
.field p{margin:0}
summary{cursor:pointer;color:var(--link);padding:.15rem 0}
.tree .tree{margin-left:.4rem;padding-left:1.1rem;border-left:3px solid var(--line)}
.tree>li{padding:.35rem 0}
.tree .tree{margin-top:.5rem}
.tree dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.1rem .9rem;margin:.3rem 0 0;
font-size:.925rem}
.tree dt{color:var(--quiet)}.tree dd{margin:0;overflow-wrap:anywhere}
.doors{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.25rem 1.75rem}
.doors ul{list-style:none;margin:0;padding:0}
.doors li{margin:0 0 .75rem}
.button{display:inline-block;padding:.45rem .8rem;border:1px solid var(--link);border-radius:7px;
text-decoration:none;font-weight:600;background:var(--card)}
.button:hover{background:var(--soft)}
.button[aria-current]{border-color:var(--line);background:var(--soft);color:var(--text)}
.doors p{margin:.2rem 0 0;font-size:.9rem}
footer{padding-bottom:2.5rem;font-size:.9rem}
@media (max-width:45rem){
header{padding-top:1.25rem}
h1{font-size:1.5rem}
section,.facts{padding:.9rem .95rem;border-radius:8px}
.facts{grid-template-columns:1fr 1fr;gap:.7rem 1rem}
.facts .long{grid-column:1/-1}
.facts .mono{font-size:.8rem}
.findings>li,.field,.fields .fields .field,.time{grid-template-columns:minmax(0,1fr)}
.fields .fields{padding-left:.7rem}
.stack thead{position:absolute;left:-999rem}
.stack tbody th,.stack td{display:block;border-top:0;padding:.1rem 0;white-space:normal}
.stack .number{text-align:left;font-size:.85rem;color:var(--quiet)}
.unit{display:inline}
.stack tbody tr{display:block;border-top:1px solid var(--line);padding:.55rem 0}
.tree .tree{margin-left:0;padding-left:.7rem}
}
@media print{body{background:#fff}section,.facts{break-inside:avoid}nav,.skip{display:none}}
`.trim();
