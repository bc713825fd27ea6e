// Copyright 2026 the NSS for Deno authors. MIT license.

import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";

/** The parts of a request's head that say what it asks for. */
export interface RequestHead {
  /** The request target: a path, `*`, or an absolute URL. */
  readonly target: string;
  /**
   * The values of all fields `Host`; in HTTP/2 those of `:authority` and `Host`, if they differ.
   */
  readonly authorities: readonly string[];
  /** The version of HTTP that the request names. */
  readonly version: string;
  /** The method. */
  readonly method: string;
  /** The value of `Transfer-Encoding`. */
  readonly coding?: string | undefined;
}

/** How a request that is not answered by the handler is answered. */
export interface Refusal {
  /** The status. */
  readonly status: number;
  /** Why, as text for who sent the request. */
  readonly why: string;
}

/**
 * A host of RFC 3986, Section 3.2.2, with a port; without user information, which RFC 9110, Section
 * 4.2.4 forbids here.
 */
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{0,5})?$/;

/**
 * Returns the URL that a request asks for.
 *
 * @param head What the request says.
 * @param fallback Gives the authority of a request that names none.
 * @returns The URL with scheme `https`; or a refusal of a request that is ambiguous, which another
 * server on its way may have read otherwise (RFC 9112, Section 3.2).
 */
export function targetUrl(head: RequestHead, fallback: () => string): URL | Refusal {
  const { target, authorities, version, method, coding } = head;
  const [given] = authorities;
  const isOld = version === "1.0";
  // The parser takes both for messages of HTTP/1.1
  if (!isOld && version !== "1.1" && version !== "2.0") {
    return refuse(505, "its version of HTTP is not supported");
  }
  if (FORBIDDEN.includes(method)) return refuse(501, `its method is ${method}`);
  // RFC 9112, Section 6.1: "the framing is faulty"
  if (isOld && coding !== undefined) return bad("HTTP/1.0 has no Transfer-Encoding");
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return refuse(501, "its Transfer-Encoding is not chunked alone");
  }
  if (authorities.length > 1) return bad("it has more than one Host");
  if (given === undefined && !isOld) return bad("it has no Host");
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
  const authority = absolute?.[1] ?? given ?? fallback();
  const path = absolute?.[2] ?? target;
  if (absolute === null && !target.startsWith("/") && target !== "*") {
    return bad("its target is no path");
  }
  // Neither may be in a target; URLs read the one as the end of it, the other as a slash
  if (/[#\\]/.test(target)) return bad("its target has a character that none may have");
  const [, name] = AUTHORITY.exec(authority) ?? [];
  const isHost = given === undefined || given === authority || AUTHORITY.test(given);
  if (name === undefined || !isHost) return bad("its Host is no host");
  try {
    const url = new URL(`https://${authority}${path.startsWith("/") ? "" : "/"}${path}`);
    // A name that URLs read otherwise than it is written, as `%61.test` and `0177.1`
    const isSame = name.startsWith("[") || url.hostname === name.toLowerCase();
    if (!isSame) return bad("its Host is no host");
    if (absolute !== null && given !== undefined && new URL(`https://${given}`).host !== url.host) {
      return bad("its target and its Host are of two hosts");
    }
    return url;
  } catch {
    return bad("its Host is no host");
  }
}

/** What WHATWG's Request does not take. */
const FORBIDDEN: readonly string[] = ["CONNECT", "TRACE", "TRACK"];

function bad(why: string): Refusal {
  return refuse(400, why);
}

function refuse(status: number, why: string): Refusal {
  return { status, why: `This request cannot be answered: ${why}.` };
}

/** What a handshake has said and chosen by name. */
export interface NamedConnection {
  /** The name that the client has asked for; `null` if none. */
  readonly serverName: string | null;
  /** The server's certificates, leaf first. */
  readonly chain: readonly Certificate[];
  /** Whether the server has a hook that chooses by the name of the handshake. */
  readonly choosesByName: boolean;
}

/**
 * Returns whether a connection is for the host that a request names; if not, status 421 has the
 * client send it over another connection (RFC 9110, Section 15.5.20).
 *
 * A client says the name twice: in the handshake (SNI), by which a server chooses its certificate
 * and whom it lets in, and in the request, by which it chooses an answer. Where the two differ, the
 * choice for the one would count for the other. They may differ where nothing is chosen by name and
 * the certificate covers both.
 *
 * @param url The URL that the request asks for.
 * @param by What the connection was made for.
 */
export function isForHost(url: URL, by: NamedConnection): boolean {
  const { serverName, chain, choosesByName } = by;
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (serverName !== null && serverName.toLowerCase().replace(/\.$/, "") === host) return true;
  const isAddress = host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
  if (serverName === null) return !choosesByName || isAddress; // no address is ever sent as SNI
  if (choosesByName) return false;
  const [leaf] = chain;
  if (leaf === undefined) return false;
  try {
    verifyCertName(leaf, host.replace(/^\[(.*)\]$/, "$1"));
    return true;
  } catch {
    return false;
  }
}
