import tls from "node:tls";
import { type AccessOptions, Client } from "npm:basic-ftp@6.2.6";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // basic-ftp calls it, with the session for the data connection

export async function openFtp(options: AccessOptions, ca: string, cert?: string, key?: string) {
  const client = new Client();
  await client.access({ ...options, secure: true, secureOptions: { ca, cert, key } });
  return client;
}
