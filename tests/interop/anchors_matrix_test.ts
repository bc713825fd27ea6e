// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What is held against a trust anchor, and anchors that are leaves: ours beside OpenSSL, NSS,
// GnuTLS and Go. Where they differ, the row says who is right, and by which clause.

import { findGo } from "./_leniency_judges.ts";
import { assertEquals } from "@std/assert";
import {
  type AnchorChecks,
  type Certificate,
  importCert,
  MemoryCertDB,
  NssError,
  verifyCert,
} from "@nss/nss/cert";
import { withoutLayout } from "../support/generated_page.ts";
import { programVersion, run, runOk } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";
import {
  anchorsPage,
  type Chain,
  type Judge,
  NOW,
  OTHERS,
  PAGE,
  type Row,
  ROWS,
  underVersion1,
} from "./_anchor_chains.ts";

const AT = ["-attime", String(NOW.getTime() / 1000)] as const;

const directory = await Deno.makeTempDir({ prefix: "nss_anchors_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

/** A chain as files. */
interface Files {
  readonly leaf: string;
  readonly between: readonly string[];
  readonly anchor: string;
  /** Whether the leaf is the anchor. */
  readonly isOwnAnchor: boolean;
  /** An NSS database of all, with the trust in the anchor. */
  readonly database: string;
}

async function write(chain: Chain, trust: string, name: string): Promise<Files> {
  const path = `${directory}/${name}`;
  await Deno.mkdir(path);
  const put = async (file: string, certificate: Certificate): Promise<string> => {
    await Deno.writeTextFile(`${path}/${file}.pem`, certificate.toPem());
    return `${path}/${file}.pem`;
  };
  const [leaf, anchor, ...between] = await Promise.all([
    put("leaf", chain.leaf),
    put("anchor", chain.anchor),
    ...(chain.between ?? []).map((one, i) => put(`between${i}`, one)),
  ]);
  const isOwnAnchor = chain.anchor.equals(chain.leaf);
  if (tools.vfychain.ok) {
    const add = (nickname: string, file: string, trust: string) =>
      runOk("certutil", ["-A", "-d", `sql:${path}`, "-n", nickname, "-t", trust, "-a", "-i", file]);
    await runOk("certutil", ["-N", "-d", `sql:${path}`, "--empty-password"]);
    if (!isOwnAnchor) await add("leaf", leaf!, ",,");
    for (const [i, file] of between.entries()) await add(`between${i}`, file, ",,");
    await add("anchor", anchor!, trust);
  }
  return { leaf: leaf!, anchor: anchor!, between, isOwnAnchor, database: `sql:${path}` };
}

async function ours(
  { leaf, between = [], anchor }: Chain,
  trust: string,
  anchorChecks: AnchorChecks,
): Promise<string | null> {
  const db = new MemoryCertDB();
  await importCert(db, anchor, { trust });
  try {
    const options = { intermediates: between, anchorChecks };
    await verifyCert(db, leaf, true, "sslServer", NOW, options);
    return null;
  } catch (error) {
    if (error instanceof NssError) return error.name;
    throw error;
  }
}

/** NSS's form of a time, in seconds for certutil, in minutes for vfychain. */
function nssTime(digits: number): string {
  return `${NOW.toISOString().slice(2, 19).replace(/[-:T]/g, "").slice(0, digits)}Z`;
}

/** A judge; it accepts the leaf, or does not. */
type Judging = (files: Files) => Promise<boolean>;

function openssl(...args: readonly string[]): Judging {
  return async ({ leaf, between, anchor }) => {
    const untrusted = between.flatMap((file) => ["-untrusted", file]);
    const { code } = await run("openssl", {
      args: [
        ...["verify", ...args, "-purpose", "sslserver", "-no-CApath", "-CAfile", anchor],
        ...untrusted,
        leaf,
      ],
    });
    return code === 0;
  };
}

async function vfychain({ leaf, database }: Files): Promise<boolean> {
  const args = ["-d", database, "-b", nssTime(10), "-u", "1", "-a", leaf];
  return (await run("vfychain", { args })).code === 0;
}

async function vfychainPp({ leaf, between, anchor }: Files): Promise<boolean> {
  const chain = [leaf, ...between].flatMap((file) => ["-a", file]);
  const args = ["-pp", "-b", nssTime(10), "-u", "1", ...chain, "-t", "-a", anchor];
  return (await run("vfychain", { args })).code === 0;
}

async function certutil({ isOwnAnchor, database }: Files): Promise<boolean> {
  const nickname = isOwnAnchor ? "anchor" : "leaf";
  const args = ["-V", "-e", "-d", database, "-b", nssTime(12), "-u", "V", "-n", nickname];
  return (await run("certutil", { args })).code === 0;
}

async function certtool({ leaf, between, anchor }: Files): Promise<boolean> {
  const chain = `${leaf}.chain`;
  const texts = await Promise.all([leaf, ...between].map((file) => Deno.readTextFile(file)));
  await Deno.writeTextFile(chain, texts.join(""));
  const args = ["--verify", "--load-ca-certificate", anchor, "--infile", chain];
  const purpose = ["--verify-purpose", "1.3.6.1.5.5.7.3.1"];
  return (await run("certtool", { args: [...args, ...purpose] })).code === 0;
}

async function go({ leaf, between, anchor }: Files): Promise<boolean> {
  const args = [AT[1], anchor, leaf, ...between];
  return (await run(`${directory}/verify`, { args })).code === 0;
}

const GO_PROGRAM = `package main

import ("crypto/x509"; "encoding/pem"; "os"; "strconv"; "time")

func load(file string) *x509.Certificate {
	text, err := os.ReadFile(file)
	if err != nil { panic(err) }
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil { panic(err) }
	return certificate
}

func main() {
	seconds, _ := strconv.ParseInt(os.Args[1], 10, 64)
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(load(os.Args[2]))
	for _, file := range os.Args[4:] { between.AddCert(load(file)) }
	options := x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: time.Unix(seconds, 0)}
	if _, err := load(os.Args[3]).Verify(options); err != nil { os.Exit(3) }
}
`;

const JUDGES: Readonly<Record<Judge, Judging>> = {
  "openssl": openssl(...AT),
  "openssl -partial_chain": openssl(...AT, "-partial_chain"),
  "openssl -no_check_time": openssl("-no_check_time"),
  "openssl -check_ss_sig": openssl(...AT, "-check_ss_sig"),
  // CERT_VerifyCert
  "vfychain": vfychain,
  // CERT_PKIXVerifyCert
  "vfychain -pp": vfychainPp,
  "certutil -V": certutil,
  "certtool": certtool,
  "go": go,
};

async function buildGo(): Promise<{ readonly ok: boolean; readonly reason?: string }> {
  const { program, found } = await findGo();
  if (!found.ok) return found;
  await Deno.writeTextFile(`${directory}/verify.go`, GO_PROGRAM);
  const args = ["build", "-o", `${directory}/verify`, `${directory}/verify.go`];
  const { code, stderr } = await run(program, { args, env: { GO111MODULE: "off" } });
  return code === 0 ? { ok: true } : { ok: false, reason: `go build: ${stderr.slice(0, 200)}` };
}

const tools = {
  openssl: await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m),
  vfychain: await programVersion("vfychain", ["-H"], /usage/i),
  certutil: await programVersion("certutil", ["-H"], /usage/i),
  certtool: await programVersion("certtool", ["--version"], /certtool (\S+)/),
  go: await buildGo(),
};

const made = new Map<Row, Promise<{ readonly chain: Chain; readonly files: Files }>>();

/** Makes a chain and its files, once. */
function prepared(row: Row): NonNullable<ReturnType<typeof made.get>> {
  let promise = made.get(row);
  if (promise === undefined) {
    promise = (async () => {
      const chain = await row.make();
      return { chain, files: await write(chain, row.trust ?? "C,,", `${ROWS.indexOf(row)}`) };
    })();
    made.set(row, promise);
  }
  return promise;
}

const CHECKS = ["all", "constraints", "none"] as const;
/** The rows for which there are the tools. */
const rows = tools.openssl.ok ? ROWS : ROWS.filter(({ make }) => make !== underVersion1);

for (const [i, checks] of CHECKS.entries()) {
  Deno.test(`anchors matrix: verifyCert() with anchorChecks "${checks}" says what each row says`, async () => {
    for (const row of rows) {
      const { chain } = await prepared(row);
      assertEquals(await ours(chain, row.trust ?? "C,,", checks), row.ours[i], row.title);
    }
  });
}

for (const name of OTHERS) {
  const judge = JUDGES[name];
  const title = `anchors matrix: ${name} accepts what each row says`;
  const tool = tools[name.split(" ")[0] as keyof typeof tools];
  if (!tool.ok) {
    skip(title, tool.reason ?? name);
    continue;
  }
  Deno.test(title, async () => {
    const accepted: string[] = [];
    for (const row of rows) if (await judge((await prepared(row)).files)) accepted.push(row.title);
    assertEquals(
      accepted,
      rows.filter((row) => row.accepted.includes(name)).map(({ title }) => title),
    );
    note(`${name} accepts ${accepted.length} of ${rows.length} chains`);
  });
}

Deno.test("anchors matrix: each row in which anybody differs from us says who is right", () => {
  const silent = ROWS.filter(({ ours, accepted, why }) => {
    const agreed = ours[0] === null ? OTHERS.length : 0;
    return (accepted.length !== agreed) !== (why !== undefined);
  });
  assertEquals(silent.map(({ title }) => title), []);
});

Deno.test("docs/trust_anchors.md has the rows: \`deno run -A tests/interop/_anchor_chains.ts\` writes them anew", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(withoutLayout(page), withoutLayout(await anchorsPage()));
});
