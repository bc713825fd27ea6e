// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { isString, orNull } from "../../cert/base/options.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { MAX_PATH_LENGTH } from "../../cert/verify/build_path.ts";
import type { CertRecord, CertSource } from "../../cert/db/cert_db.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import {
  certUsageRow,
  type UsageProblem,
  usageProblems,
} from "../../cert/verify/check_cert_usage.ts";
import { checkCertValidTimes } from "../../cert/verify/check_cert_valid_times.ts";
import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { findCertByNickname } from "../../cert/db/find_cert.ts";
import type { Name } from "../../cert/names/name.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { verifySignedData } from "../../cert/verify/verify_signature.ts";
import {
  findCertsFromNickname,
  type FindInTokensOptions,
  findKeyByAnyCert,
} from "../../pkcs11/context/find.ts";
import type { SslConfig } from "../config/config.ts";
import { configOf } from "../config/config_registry.ts";
import type { CertificateOptions } from "../config/credential.ts";
import { clientSchemeFor } from "./certificate_verify.ts";
import type { ClientAuthRequest, GetClientAuthDataHook } from "../config/hooks.ts";

/** The maximum number of issuers tried for a chain, because cross-signed ones branch. */
const MAX_ISSUERS_TRIED = 64;

/** The errors of a token whose key is unavailable without its password. */
const NOT_LOGGED_IN: readonly ErrorName[] = [
  "SEC_ERROR_BAD_PASSWORD",
  "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
  "SEC_ERROR_LOCKED_PASSWORD",
];

/**
 * Creates NSS's standard hook for a client's certificate (`NSS_GetClientAuthData`): it finds the
 * certificate and its key in the tokens of the socket's context, and the chain in the context's
 * database. Tokens request their password when the server requests the certificate; the password
 * function receives the argument that `setPKCS11PinArg()` has set for the socket.
 *
 * With a nickname, as for `findCertFromNickname()`, the hook selects among the certificates found
 * those that are made for TLS clients and have a signature scheme that the server accepts; valid
 * ones precede expired ones, then the newest comes first. As in NSS, the authorities that the
 * server names are ignored. Unlike in NSS, which continues without a certificate, the handshake
 * fails if none is found, none is made for clients, or the key is unavailable.
 *
 * Without a nickname, the hook selects the newest certificate, authorities last, that has a key, is
 * valid now, is made for TLS clients, has a signature scheme that the server accepts, and whose
 * issuers lead to an authority that the server names. If there is none, or the password of its
 * token is not given, the client continues without a certificate. Do not use this with untrusted
 * servers: any server may request a certificate and learns the identity of the user.
 *
 * @param nickname The nickname; `null`, the default, for automatic selection.
 * @returns The hook.
 *
 * @example Authenticating with a certificate of the context
 * ```ts
 * import { getClientAuthData, importFD, peerCertificate } from "@nss/nss/ssl";
 * import { createCertificate, importCert } from "@nss/nss/cert";
 * import { initContext } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * await using context = await initContext(null); // or the folder of an NSS database
 * const keys = await context.token.generateKeyPair();
 * const cert = await createCertificate({ ...keys, subject: "CN=alice", dnsNames: ["localhost"] });
 * await importCert(context.certDB, cert, { nickname: "my certificate" });
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 *   clientAuth: "require",
 *   caCerts: [cert],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   context,
 *   hostname: "localhost",
 *   caCerts: [cert],
 *   getClientAuthData: getClientAuthData("my certificate"),
 * });
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(peerCertificate(server)?.subject.commonName, "alice");
 * ```
 *
 * @category Hooks
 */
export function getClientAuthData(nickname: string | null = null): GetClientAuthDataHook {
  requireSslArgs("Cannot choose certificate", orNull(isString)(nickname, "nickname"));
  return async (socket, request) => {
    const config = configOf(socket);
    const choice = new Choice(config, request, new Date());
    return nickname === null ? await choice.automatic() : await choice.named(nickname);
  };
}

/** The selection of a certificate for a request. */
class Choice {
  readonly #config: SslConfig;
  readonly #request: ClientAuthRequest;
  readonly #time: Date;
  readonly #options: FindInTokensOptions;
  readonly #issuers = new Map<string, Promise<readonly Certificate[]>>();

  constructor(config: SslConfig, request: ClientAuthRequest, time: Date) {
    this.#config = config;
    this.#request = request;
    this.#time = time;
    this.#options = { context: config.context, pinArg: config.pinArg };
  }

  async named(nickname: string): Promise<CertificateOptions | null> {
    const fail = (name: ErrorName, state: string): NssError =>
      new NssError(name, `Cannot show client certificate "${nickname}": ${state}`);
    const found = await findCertsFromNickname(nickname, this.#options);
    if (found.length === 0) throw fail("SEC_ERROR_UNKNOWN_CERT", "no token has it");
    // A pair for signing and encryption shares nickname and subject; only one is made for clients
    const suitable = found.filter((certificate) => clientProblem(certificate) === null);
    if (suitable.length === 0) {
      const { name, state } = clientProblem(found[0]!)!;
      throw fail(name, `it is not made for TLS clients: ${state}`);
    }
    let left = suitable.filter((certificate) => this.#signs(certificate.subjectPublicKeyInfo));
    for (;;) {
      const source: CertSource = {
        name: "found",
        find: () => Promise.resolve(left.map(toRecord)),
      };
      const certificate = await findCertByNickname(source, nickname, { time: this.#time });
      if (certificate === undefined) return null; // the server accepts none of the schemes
      const others = left.filter((other) => other !== certificate);
      try {
        const key = await findKeyByAnyCert(certificate, this.#options);
        if (this.#signs(key)) {
          return { cert: certificate, chain: await this.#chain(certificate, []) ?? [], key };
        }
      } catch (error) {
        if (!isNamed(error, ["SEC_ERROR_NO_KEY"]) || others.length === 0) throw error;
      }
      left = others;
    }
  }

  async automatic(): Promise<CertificateOptions | null> {
    const records = await this.#config.context.certDB.find({}, this.#options);
    const candidates = records
      .filter(({ hasKey, certificate }) => hasKey && this.#isUsable(certificate))
      .map(({ certificate }) => certificate)
      // The key of an authority is for issuing, even if its key usage allows more
      .sort((a, b) => Number(isAuthority(a)) - Number(isAuthority(b)) || newestFirst(a, b));
    for (const certificate of candidates) {
      const chain = await this.#chain(certificate, this.#request.caNames);
      if (chain === null) continue;
      try {
        const key = await findKeyByAnyCert(certificate, this.#options);
        if (this.#signs(key)) return { cert: certificate, chain, key };
      } catch (error) {
        // A user who refuses the password must not be identified by another certificate
        if (isNamed(error, NOT_LOGGED_IN)) return null;
        if (!isNamed(error, ["SEC_ERROR_NO_KEY"])) throw error; // no key: deleted since the search
      }
    }
    return null;
  }

  #isUsable(certificate: Certificate): boolean {
    return checkCertValidTimes(certificate, this.#time) === "valid" &&
      clientProblem(certificate) === null && this.#signs(certificate.subjectPublicKeyInfo);
  }

  /** Returns whether a key has a scheme that both ends accept in the negotiated version. */
  #signs(key: Pick<PrivateKey, "algorithm" | "schemes">): boolean {
    return clientSchemeFor(this.#request, this.#config.signatureSchemes)(key) !== undefined;
  }

  /**
   * Finds the issuers of a certificate in the database, without the root, which a server that
   * trusts it has.
   *
   * @param leaf The certificate.
   * @param caNames The authorities of which one must have issued it or an issuer; none for any.
   * @returns The issuers; `null` if none of the authorities has issued one.
   */
  async #chain(
    leaf: Certificate,
    caNames: readonly Name[],
  ): Promise<readonly Certificate[] | null> {
    let budget = MAX_ISSUERS_TRIED;
    const extend = async (path: readonly Certificate[]): Promise<readonly Certificate[] | null> => {
      const last = path.at(-1)!;
      const issuers = last.isSelfIssued || path.length >= MAX_PATH_LENGTH
        ? []
        : (await this.#issuersOf(last)).filter((issuer) => !path.some((one) => one.equals(issuer)));
      for (const issuer of issuers) {
        if (budget-- <= 0) break;
        const found = await extend([...path, issuer]);
        if (found !== null) return found;
      }
      if (issuers.length > 0) return null;
      const isAccepted = caNames.length === 0 ||
        path.some(({ issuer }) => caNames.some((name) => name.equals(issuer)));
      return isAccepted ? path : null;
    };
    const path = await extend([leaf]);
    return path && path.slice(1).filter((certificate) => !certificate.isSelfIssued);
  }

  #issuersOf(certificate: Certificate): Promise<readonly Certificate[]> {
    const key = toHex(certificate.der);
    const issuers = this.#issuers.get(key) ?? this.#findIssuers(certificate);
    this.#issuers.set(key, issuers);
    return issuers;
  }

  /** Finds the issuers of a certificate: those valid now first, then the newest. */
  async #findIssuers(certificate: Certificate): Promise<readonly Certificate[]> {
    const { certDB } = this.#config.context;
    const records = await certDB.find({ subject: certificate.issuer.der }, this.#options);
    const isValid = (one: Certificate): number =>
      Number(checkCertValidTimes(one, this.#time) === "valid");
    const sorted = records.map((record) => record.certificate)
      .sort((a, b) => isValid(b) - isValid(a) || newestFirst(a, b));
    if (sorted.length < 2) return sorted;
    // An authority that has changed its key has several certificates of one name
    const signed = await Promise.all(sorted.map((issuer) => hasSigned(issuer, certificate)));
    return [true, null].flatMap((verdict) => sorted.filter((_, i) => signed[i] === verdict));
  }
}

/** Returns whether an issuer has signed; `null` if its key or algorithm is not supported here. */
async function hasSigned(issuer: Certificate, certificate: Certificate): Promise<boolean | null> {
  const { tbsCertificate, signature } = certificate;
  try {
    const { signatureAlgorithm } = certificate;
    const { subjectPublicKeyInfo } = issuer;
    return await verifySignedData(
      subjectPublicKeyInfo,
      signatureAlgorithm,
      tbsCertificate,
      signature,
    );
  } catch (error) {
    if (error instanceof NssError) return null;
    throw error;
  }
}

/** Returns why key usage or extended key usage exclude TLS clients; `null` if they do not. */
function clientProblem(certificate: Certificate): UsageProblem | null {
  try {
    void certificate.subjectPublicKeyInfo;
    return usageProblems(certificate, certUsageRow("sslClient"))[0] ?? null;
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return { name: "SEC_ERROR_INADEQUATE_CERT_TYPE", state: error.message };
  }
}

function isAuthority(certificate: Certificate): boolean {
  return certificate.basicConstraints?.isCa === true; // parses, because clientProblem() has read it
}

function newestFirst(a: Certificate, b: Certificate): number {
  return b.notBefore.getTime() - a.notBefore.getTime() ||
    b.notAfter.getTime() - a.notAfter.getTime();
}

function toRecord(certificate: Certificate): CertRecord {
  return { certificate, nickname: null, trust: null, hasKey: false };
}

function isNamed(error: unknown, names: readonly ErrorName[]): boolean {
  return error instanceof NssError && names.includes(error.name);
}
