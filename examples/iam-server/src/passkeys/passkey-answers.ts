import { z } from 'zod';

interface Answer<Response> {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly response: Response;
}

/** A browser's answer after creating a passkey (`PublicKeyCredential.toJSON()`). */
export type RegistrationAnswer = Answer<{ readonly clientDataJSON: string; readonly attestationObject: string }>;

/** A browser's answer after a user has shown a passkey. */
export type AuthenticationAnswer = Answer<{
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly userHandle: string;
}>;

const LONGEST_ID = 1400;

const encoded = z
  .string()
  .regex(/^[\w-]+$/, 'base64url')
  .max(8192);
const credential = { id: encoded.max(LONGEST_ID), rawId: encoded.max(LONGEST_ID), type: z.literal('public-key') };

/** Other members, which some browsers send, are dropped. */
export const registrationAnswer: z.ZodType<RegistrationAnswer> = z.object({
  ...credential,
  response: z.object({ clientDataJSON: encoded, attestationObject: encoded }),
});

export const authenticationAnswer: z.ZodType<AuthenticationAnswer> = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: encoded,
    authenticatorData: encoded,
    signature: encoded,
    userHandle: encoded,
  }),
});
