// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Programs that accept or refuse the samples of docs/leniency.md. @module */

import { encodePem } from "../../cert/der/pem.ts";
import { programVersion, run, runOk } from "../support/process.ts";
import { LENIENCIES, type Peer, type Sample } from "../cert/_leniencies.ts";

/** A sample in files of a folder of its own. */
export interface Files {
  /** The sample. */
  readonly sample: Sample;
  /** The folder. */
  readonly folder: string;
  /** The file of what is judged: the leaf, the CRL, the request or the key. */
  readonly subject: string;
  /** The file of the root, of a chain or a CRL. */
  readonly root: string;
  /** The files of the authorities between, from the leaf. */
  readonly between: readonly string[];
  /** The file of the chain without its root. */
  readonly chain: string;
}

const LABELS = { crl: "X509 CRL", request: "CERTIFICATE REQUEST", key: "EC PRIVATE KEY" } as const;

/** Writes the samples of all rows, in their order. */
export async function writeSamples(directory: string): Promise<readonly Files[]> {
  const all: Files[] = [];
  for (const [i, { make }] of LENIENCIES.entries()) {
    const sample = await make();
    const folder = `${directory}/${i}`;
    await Deno.mkdir(folder);
    const write = async (name: string, text: string): Promise<string> => {
      await Deno.writeTextFile(`${folder}/${name}.pem`, text);
      return `${folder}/${name}.pem`;
    };
    const certificates = sample.kind === "chain"
      ? sample.certificates
      : sample.kind === "crl"
      ? [sample.issuer]
      : [];
    const pems = certificates.map((certificate) => certificate.toPem());
    all.push({
      sample,
      folder,
      subject: sample.kind === "chain"
        ? await write("leaf", pems[0]!)
        : await write(sample.kind, encodePem(LABELS[sample.kind], sample.der)),
      root: await write("root", pems.at(-1) ?? ""),
      between: await Promise.all(pems.slice(1, -1).map((pem, i) => write(`between${i}`, pem))),
      chain: await write("chain", pems.slice(0, -1).join("")),
    });
  }
  return all;
}

/** Someone who judges. */
export interface Judge {
  /** How the page calls it. */
  readonly name: string;
  /** Its version, or why it cannot be asked. */
  readonly found: Awaited<ReturnType<typeof programVersion>>;
  /** Whether it accepts each sample; `null` for what it is not asked about. */
  judge(files: readonly Files[], directory: string): Promise<readonly (boolean | null)[]>;
}

/** A judge that is a command for each kind of sample. */
const byCommand = (
  command: string,
  argsOf: (files: Files) => readonly string[] | null,
  accepted: RegExp,
): Judge["judge"] =>
async (files) => {
  const verdicts: (boolean | null)[] = [];
  for (const one of files) {
    const args = argsOf(one);
    if (args === null) {
      verdicts.push(null);
      continue;
    }
    const { code, stdout, stderr } = await run(command, { args });
    verdicts.push(code === 0 && accepted.test(stdout + stderr));
  }
  return verdicts;
};

function opensslArgs({ sample, subject, root, between }: Files): readonly string[] {
  switch (sample.kind) {
    case "chain":
      return [
        ...["verify", "-purpose", "sslserver", "-no-CApath", "-CAfile", root],
        ...between.flatMap((file) => ["-untrusted", file]),
        subject,
      ];
    case "crl":
      return ["crl", "-in", subject, "-CAfile", root, "-noout"];
    case "request":
      return ["req", "-in", subject, "-verify", "-noout"];
    case "key":
      return ["pkey", "-in", subject, "-check", "-noout"];
  }
}

function certtoolArgs({ sample, subject, root, chain }: Files): readonly string[] {
  switch (sample.kind) {
    case "chain":
      return [
        ...["--verify", "--verify-purpose", "1.3.6.1.5.5.7.3.1"],
        ...["--load-ca-certificate", root, "--infile", chain],
      ];
    case "crl":
      return ["--verify-crl", "--load-ca-certificate", root, "--infile", subject];
    case "request":
      return ["--crq-info", "--infile", subject];
    case "key":
      return ["--key-info", "--infile", subject];
  }
}

/** CERT_PKIXVerifyCert, with the root on the command line. */
function vfychainArgs({ sample, subject, root, between }: Files): readonly string[] | null {
  if (sample.kind !== "chain") return null;
  return [
    ...["-pp", "-u", "1", "-a", subject],
    ...between.flatMap((file) => ["-a", file]),
    ...["-t", "-a", root],
  ];
}

/** CERT_VerifyCert, with a database for each chain. */
async function judgeCertutil(
  files: readonly Files[],
  directory: string,
): Promise<readonly (boolean | null)[]> {
  const empty = `${directory}/empty_db`;
  await Deno.mkdir(empty);
  await runOk("certutil", ["-N", "-d", `sql:${empty}`, "--empty-password"]);
  const verdicts: (boolean | null)[] = [];
  for (const { sample, folder, subject, root, between } of files) {
    if (sample.kind !== "chain") {
      verdicts.push(null);
      continue;
    }
    for (const name of ["cert9.db", "key4.db", "pkcs11.txt"]) {
      await Deno.copyFile(`${empty}/${name}`, `${folder}/${name}`);
    }
    const add = (file: string, name: string, trust: string) =>
      `-A -d "sql:${folder}" -n ${name} -t ${trust} -a -i "${file}"`;
    const commands = [
      add(root, "root", "CT,,"),
      ...between.map((file, i) => add(file, `between${i}`, ",,")),
      add(subject, "leaf", ",,"),
    ];
    await Deno.writeTextFile(`${folder}/batch`, `${commands.join("\n")}\n`);
    await run("certutil", { args: ["-B", "-d", `sql:${folder}`, "-i", `${folder}/batch`] });
    const args = ["-V", "-e", "-d", `sql:${folder}`, "-u", "V", "-n", "leaf"];
    const { code, stdout } = await run("certutil", { args });
    verdicts.push(code === 0 && /certificate is valid/.test(stdout));
  }
  return verdicts;
}

/** Debian's Go, under its own name or where its package of one version puts it. */
const GO_PROGRAMS: readonly string[] = ["go", "/usr/lib/go-1.19/bin/go"];

/** Finds Go: in the path, or where Debian has the one that builds the runner of BoringSSL. */
export async function findGo(): Promise<{ program: string; found: Judge["found"] }> {
  let result: { program: string; found: Judge["found"] } | undefined;
  for (const program of GO_PROGRAMS) {
    const found = await programVersion(program, ["version"], /go(1\.\d+)/);
    result ??= { program, found };
    if (found.ok) return { program, found };
  }
  return result!;
}

const GO_SOURCE = `package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// Arguments: a kind, the file that is judged, the root's, those of the authorities between.
func main() {
	if err := judge(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}

func read(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	return block.Bytes
}

func judge(kind, subject, root string, between []string) error {
	switch kind {
	case "chain":
		leaf, err := x509.ParseCertificate(read(subject))
		if err != nil {
			return err
		}
		roots, pool := x509.NewCertPool(), x509.NewCertPool()
		anchor, err := x509.ParseCertificate(read(root))
		if err != nil {
			return err
		}
		roots.AddCert(anchor)
		for _, path := range between {
			one, err := x509.ParseCertificate(read(path))
			if err != nil {
				return err
			}
			pool.AddCert(one)
		}
		_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: pool})
		return err
	case "crl":
		issuer, err := x509.ParseCertificate(read(root))
		if err != nil {
			return err
		}
		list, err := x509.ParseRevocationList(read(subject))
		if err != nil {
			return err
		}
		return list.CheckSignatureFrom(issuer)
	case "request":
		request, err := x509.ParseCertificateRequest(read(subject))
		if err != nil {
			return err
		}
		return request.CheckSignature()
	default:
		_, err := x509.ParseECPrivateKey(read(subject))
		return err
	}
}
`;

async function judgeGo(
  program: string,
  files: readonly Files[],
  directory: string,
): Promise<readonly boolean[]> {
  await Deno.writeTextFile(`${directory}/judge.go`, GO_SOURCE);
  const binary = `${directory}/judge`;
  await runOk(program, ["build", "-o", binary, `${directory}/judge.go`], {
    env: { GOCACHE: `${directory}/go_cache`, GOFLAGS: "", GO111MODULE: "off", CGO_ENABLED: "0" },
    timeout: 240_000,
  });
  const verdicts: boolean[] = [];
  for (const { sample, subject, root, between } of files) {
    const args = [sample.kind, subject, root, ...between];
    const { code, stdout } = await run(binary, { args });
    verdicts.push(code === 0 && stdout.startsWith("accepted"));
  }
  return verdicts;
}

const nssTools = await programVersion("vfychain", ["-H"], /usage/i);
const go = await findGo();

/** Who judges, in the order of the page's columns. */
export const JUDGES: Readonly<Record<Peer, Judge>> = {
  openssl: {
    name: "OpenSSL",
    found: await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m),
    judge: byCommand("openssl", opensslArgs, /OK|valid/),
  },
  certutil: { name: "NSS, `certutil -V`", found: nssTools, judge: judgeCertutil },
  vfychain: {
    name: "NSS, `vfychain -pp`",
    found: nssTools,
    judge: byCommand("vfychain", vfychainArgs, /Chain is good/),
  },
  certtool: {
    name: "GnuTLS",
    found: await programVersion("certtool", ["--version"], /^certtool (\S+)/m),
    judge: byCommand("certtool", certtoolArgs, /./),
  },
  go: {
    name: "Go",
    found: go.found,
    judge: (files, directory) => judgeGo(go.program, files, directory),
  },
};
