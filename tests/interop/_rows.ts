// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The rows of the interop matrix: what a combination is, how either end is narrowed to it, and how
 * keys may sign in it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ImportOptions } from "@nss/nss/ssl";
import { type Axes, coverPairs, coverValues, type Row } from "../support/cover.ts";
import {
  CLASSIC_GROUPS,
  type Features,
  TLS12_SUITES,
  type Version,
} from "../support/peers/peer.ts";
import type { CertificateType } from "../support/test_pki.ts";

/** How a handshake goes about sessions and client certificates. */
export type Mode = "full" | "resumed" | "requested" | "requested in vain" | "required";

/** One combination. */
export interface Combination {
  readonly version: Version;
  readonly suite: Features["suites"][number];
  readonly group: Features["groups"][number];
  readonly certificate: CertificateType;
  readonly clientCertificate: CertificateType | "none";
  readonly mode: Mode;
  readonly narrowed: "ours" | "peer";
}

/**
 * How many rows TLS 1.2 gets: all pairs of AEAD suites and modes, and each suite of AES-CBC once;
 * or each suite once; or each suite of an AEAD and one of AES-CBC. Every other value comes on the
 * way.
 */
export type Tls12Rows = "pairs" | "suites" | "AEADs";

/**
 * The rows of TLS 1.2, whose suites go with some certificates only.
 *
 * @param axes The axes.
 * @param count How many.
 * @returns The rows.
 */
export function tls12Cover<
  A extends Axes & { suite: readonly string[]; certificate: readonly string[] },
>(
  { suite, certificate, mode, ...others }: A,
  count: Tls12Rows,
): Row<A>[] {
  return [/_RSA_/, /_ECDSA_/].flatMap((auth) => {
    const certificates = certificate.filter((type) =>
      /^rsa/.test(type) === /RSA/.test(auth.source)
    );
    const suites = suite.filter((name) => auth.test(name));
    const aead = suites.filter((name) => !/CBC/.test(name));
    const cbc = suites.filter((name) => /CBC/.test(name));
    const modes = mode!;
    const cbcRows = cbc.map((name, i) => ({ suite: name, mode: modes[i % modes.length]! }));
    const pairs = {
      pairs: () => [...coverPairs({ suite: aead, mode: modes }), ...cbcRows],
      suites: () => coverValues({ suite: suites, mode: modes }),
      AEADs: () => coverValues({ suite: [...aead, ...cbc.slice(0, 1)], mode: modes }),
    }[count]();
    const rest = coverPairs({ ...others, certificate: certificates });
    // A step that has no divisor in common with the number of rows brings all of them on.
    return pairs.map((pair, i) => ({ ...rest[i * 7 % rest.length]!, ...pair }) as Row<A>);
  });
}

/** What each end of a row is narrowed to. */
export interface Narrowing {
  readonly ours: Pick<ImportOptions, "versions" | "cipherSuites" | "groups">;
  readonly theirs: Narrow;
}

/** What a peer is narrowed to. */
export interface Narrow {
  readonly version?: Version;
  readonly suites?: Features["suites"];
  readonly groups?: Features["groups"];
}

/**
 * What each end is told, so that they can agree on nothing but the row's suite and group.
 *
 * @param row The row.
 * @param theirs What the peer can be told.
 * @param connections How many connections the row has.
 * @param weServe Whether our end is the server.
 * @returns What to tell.
 */
export function narrowing(
  row: Combination,
  theirs: Features,
  connections: number,
  weServe: boolean,
): Narrowing {
  const { version, suite, group, narrowed } = row;
  if (version === "TLSv1.2") return tls12Narrowing(row, theirs, connections, weServe);
  const theySuite = narrowed === "peer" &&
    (theirs.narrowsSuites === "always" || (theirs.narrowsSuites === "once" && connections === 1));
  return {
    ours: {
      ...(narrowed === "ours" ? { groups: [group] } : {}),
      ...(theySuite ? {} : { cipherSuites: [suite] }),
    },
    theirs: {
      ...(narrowed === "peer" ? { groups: [group] } : {}),
      ...(theySuite ? { suites: [suite] } : {}),
    },
  };
}

/**
 * In TLS 1.2 an end's groups are those of the certificates that it reads, too (RFC 8422, Section
 * 5.1.1): it is the server that is narrowed, to one beside those of both certificates, and clients
 * whose order counts put that one first.
 */
function tls12Narrowing(
  { suite, group, narrowed, mode, certificate, clientCertificate }: Combination,
  theirs: Features,
  connections: number,
  weServe: boolean,
): Narrowing {
  const theySuite = narrowed === "peer" &&
    (theirs.narrowsSuites === "always" || (theirs.narrowsSuites === "once" && connections === 1));
  const shown = presents(mode) ? CURVES[clientCertificate] : undefined;
  const others = CLASSIC_GROUPS.filter((other) => other !== group);
  const weNarrow = weServe || !theirs.narrowsGroups;
  return {
    ours: {
      versions: { min: "TLSv1.2", max: "TLSv1.2" },
      cipherSuites: theySuite ? TLS12_SUITES : [suite],
      groups: weNarrow ? [group] : [group, ...others],
    },
    theirs: {
      version: "TLSv1.2",
      ...(weNarrow
        ? {}
        : { groups: [...new Set([group, CURVES[certificate] ?? group, shown ?? group])] }),
      ...(theySuite ? { suites: [suite] } : {}),
    },
  };
}

const CURVES: { readonly [type in CertificateType | "none"]?: Features["groups"][number] } = {
  "ecdsa-p256": "secp256r1",
  "ecdsa-p384": "secp384r1",
  "ecdsa-p521": "secp521r1",
};

/** The signature schemes that a key may sign with. */
const SCHEMES: Readonly<Record<CertificateType, RegExp>> = {
  "ecdsa-p256": /^ecdsa_secp256r1_sha256$/,
  "ecdsa-p384": /^ecdsa_secp384r1_sha384$/,
  "ecdsa-p521": /^ecdsa_secp521r1_sha512$/,
  "ed25519": /^ed25519$/,
  "rsa": /^rsa_pss_rsae_sha(256|384|512)$/,
  "rsa-pss": /^rsa_pss_pss_sha(256|384|512)$/,
};

/** In TLS 1.2 an ECDSA key may sign with any hash, and RSA as in PKCS#1. */
const TLS12_SCHEMES: { readonly [type in CertificateType]?: RegExp } = {
  "ecdsa-p256": /^ecdsa_secp\d+r1_sha(256|384|512)$/,
  "ecdsa-p384": /^ecdsa_secp\d+r1_sha(256|384|512)$/,
  "ecdsa-p521": /^ecdsa_secp\d+r1_sha(256|384|512)$/,
  "rsa": /^rsa_(pss_rsae|pkcs1)_sha(256|384|512)$/,
};

/** Whether the peer of a client presents a certificate in this mode. */
export function presents(mode: Mode): boolean {
  return mode === "requested" || mode === "required";
}

/** Asserts that a key of this type may sign so; of none that nothing was signed. */
export function assertScheme(
  scheme: string | null,
  type: CertificateType | null,
  version: Version,
): void {
  if (type === null) return assertEquals(scheme, null);
  const schemes = version === "TLSv1.3" ? SCHEMES[type] : TLS12_SCHEMES[type] ?? SCHEMES[type];
  assert(scheme !== null && schemes.test(scheme), `${type} signed by ${scheme}`);
}
