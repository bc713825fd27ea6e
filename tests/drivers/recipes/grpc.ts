import tls from "node:tls";
import { Client, credentials } from "npm:@grpc/grpc-js@1.14.7";
import { connect, createSecureContext } from "@nss/nss/node";

Object.assign(tls, { connect, createSecureContext }); // grpc-js calls them

const bytes = (pem?: string) => pem === undefined ? null : Buffer.from(pem);
export const openGrpc = (address: string, ca: string, cert?: string, key?: string) =>
  new Client(address, credentials.createSsl(bytes(ca), bytes(key), bytes(cert)));
