// Copyright 2026 the NSS for Deno authors. MIT license.

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
import { chooseScheme } from "./certificate_verify.ts";
import { chooseTls12Scheme } from "./tls12_signature.ts";
import type { ClientAuthRequest, GetClientAuthDataHook } from "../config/hooks.ts";

/** How many issuers are tried for one chain: cross-signed authorities must not cost a handshake. */
const MAX_ISSUERS_TRIED = 64;

/** What a token says of its password where its key is not to be had. */
const NOT_LOGGED_IN: readonly ErrorName[] = [
  "SEC_ERROR_BAD_PASSWORD",
  "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
  "SEC_ERROR_LOCKED_PASSWORD",
];

/**
 * Makes NSS's standard hook for a client's certificate (`NSS_GetClientAuthData`): it comes, with
 * its key, from the tokens of the socket's context, and its chain from the context's database.
 * Passwords are asked for when the server asks for the certificate; the password function is handed
 * what `setPKCS11PinArg()` has set for the socket.
 *
 * With a nickname, whatever `findCertFromNickname()` takes, the certificate is the one found there:
 * of several the one that is made for TLS clients and signs in a way that the server accepts, valid
 * before expired, then the newest. The names of authorities that the server accepts are not looked
 * at, as in NSS. Unlike in NSS, which then goes on without a certificate, the handshake fails where
 * it is not found, not made for clients, or its key not to be had.
 *
 * Without one it is chosen: the newest of those, authorities last, that have a key, are valid now,
 * are made for TLS clients, sign in a way that the server accepts, and whose issuers lead to an
 * authority that the server names. Where there is none, or its token is not given its password, the
 * client goes on without a certificate. Whoever may connect to strangers should think twice: any
 * server may ask, and learns who the user is.
 *
 * @param nickname What the certificate is called by; `null`, the default, to choose.
 * @returns The hook.
 *
 * @example Log in to a server with a certificate of the context
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
 */
export function getClientAuthData(nickname: string | null = null): GetClientAuthDataHook {
  return async (socket, request) => {
    const config = configOf(socket);
    const choice = new Choice(config, request, new Date());
    return nickname === null ? await choice.automatic() : await choice.named(nickname);
  };
}

/** One answer to one request. */
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
    // Of a pair for signing and encryption, which share nickname and subject, only one is made for
    // this
    const made = found.filter((certificate) => clientProblem(certificate) === null);
    if (made.length === 0) {
      const { name, state } = clientProblem(found[0]!)!;
      throw fail(name, `it is not made for TLS clients: ${state}`);
    }
    let left = made.filter((certificate) => this.#signs(certificate.subjectPublicKeyInfo));
    for (;;) {
      const source: CertSource = {
        name: "found",
        find: () => Promise.resolve(left.map(toRecord)),
      };
      const certificate = await findCertByNickname(source, nickname, { time: this.#time });
      if (certificate === undefined) return null; // the server would not understand its signature
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
      // The key of an authority is for issuing, even where nothing forbids more
      .sort((a, b) => Number(isAuthority(a)) - Number(isAuthority(b)) || newestFirst(a, b));
    for (const certificate of candidates) {
      const chain = await this.#chain(certificate, this.#request.caNames);
      if (chain === null) continue;
      try {
        const key = await findKeyByAnyCert(certificate, this.#options);
        if (this.#signs(key)) return { cert: certificate, chain, key };
      } catch (error) {
        // Who does not want to be known as this one must not be made known as another
        if (isNamed(error, NOT_LOGGED_IN)) return null;
        if (!isNamed(error, ["SEC_ERROR_NO_KEY"])) throw error; // deleted since it was listed
      }
    }
    return null;
  }

  #isUsable(certificate: Certificate): boolean {
    return checkCertValidTimes(certificate, this.#time) === "valid" &&
      clientProblem(certificate) === null && this.#signs(certificate.subjectPublicKeyInfo);
  }

  /** Whether the key signs in a way that both ends take, in the version that was negotiated. */
  #signs(key: Pick<PrivateKey, "algorithm" | "schemes">): boolean {
    const { signatureSchemes: own } = this.#config;
    const { signatureSchemes: peers, version } = this.#request;
    const choose = version === "TLSv1.2" ? chooseTls12Scheme : chooseScheme;
    return choose(key, own, peers) !== undefined;
  }

  /**
   * The issuers of a certificate as the database knows them, without the root, which whoever trusts
   * it has.
   *
   * @param caNames The authorities of which one must have issued it, or an issuer; none for any.
   * @returns The issuers; `null` if none of the authorities has.
   */
  async #chain(
    leaf: Certificate,
    caNames: readonly Name[],
  ): Promise<readonly Certificate[] | null> {
    let budget = MAX_ISSUERS_TRIED;
    const climb = async (path: readonly Certificate[]): Promise<readonly Certificate[] | null> => {
      const last = path.at(-1)!;
      const issuers = last.isSelfIssued || path.length >= MAX_PATH_LENGTH
        ? []
        : (await this.#issuersOf(last)).filter((issuer) => !path.some((one) => one.equals(issuer)));
      for (const issuer of issuers) {
        if (budget-- <= 0) break;
        const found = await climb([...path, issuer]);
        if (found !== null) return found;
      }
      if (issuers.length > 0) return null;
      const isWanted = caNames.length === 0 ||
        path.some(({ issuer }) => caNames.some((name) => name.equals(issuer)));
      return isWanted ? path : null;
    };
    const path = await climb([leaf]);
    return path && path.slice(1).filter((certificate) => !certificate.isSelfIssued);
  }

  #issuersOf(certificate: Certificate): Promise<readonly Certificate[]> {
    const key = certificate.der.toHex();
    const issuers = this.#issuers.get(key) ?? this.#findIssuers(certificate);
    this.#issuers.set(key, issuers);
    return issuers;
  }

  /** The most likely one first: valid now, then the newest. */
  async #findIssuers(certificate: Certificate): Promise<readonly Certificate[]> {
    const { certDB } = this.#config.context;
    const records = await certDB.find({ subject: certificate.issuer.der }, this.#options);
    const isValid = (one: Certificate): number =>
      Number(checkCertValidTimes(one, this.#time) === "valid");
    const sorted = records.map((record) => record.certificate)
      .sort((a, b) => isValid(b) - isValid(a) || newestFirst(a, b));
    if (sorted.length < 2) return sorted;
    // An authority that has changed its key has several of one name
    const signed = await Promise.all(sorted.map((issuer) => hasSigned(issuer, certificate)));
    return sorted.filter((_, i) => signed[i]);
  }
}

async function hasSigned(issuer: Certificate, certificate: Certificate): Promise<boolean> {
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
    if (error instanceof NssError) return false; // of a kind that is not supported
    throw error;
  }
}

/** Why a certificate is none of a TLS client, which its key usage and extended key usage tell. */
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
  return certificate.basicConstraints?.isCa === true; // whose form is right, as it has been looked at
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
