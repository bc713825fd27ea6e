import tls from "node:tls";
import { connect, createSecureContext } from "@nss/nss/node";

Object.assign(tls, { connect, createSecureContext });
const { Connection } = await import("npm:tedious@19.2.2"); // which copies them when it is loaded

export const openSql = (server: string, options: object, ca: string) =>
  new Connection({ server, options: { ...options, cryptoCredentialsDetails: { ca } } });
