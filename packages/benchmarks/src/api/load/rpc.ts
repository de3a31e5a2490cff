const ADMIN = '/zitadel.admin.v1.AdminService';

/** The methods that are called, as gRPC names them. */
export const RPC: Readonly<Record<'read' | 'remove' | 'add', string>> = {
  read: `${ADMIN}/GetLoginPolicy`,
  remove: `${ADMIN}/RemoveMultiFactorFromLoginPolicy`,
  add: `${ADMIN}/AddMultiFactorToLoginPolicy`,
};

/** The request of the last two in its frame: field 1, the factor with the number 1. */
export const FACTOR_MESSAGE: Buffer = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
