import type {
  AddClientIDToOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderRequest,
  CreateOpenIDConnectProviderResponse,
  DeleteOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderRequest,
  GetOpenIDConnectProviderResponse,
  ListOpenIDConnectProvidersResponse,
  RemoveClientIDFromOpenIDConnectProviderRequest,
  UpdateOpenIDConnectProviderThumbprintRequest,
} from '@aws-sdk/client-iam';
import type { IamStore } from './iam-store.ts';
import { toDate } from './to-date.ts';

/** IAM's operations on OpenID Connect providers (aws.md 4.2). */
export function createOidcOperations({ oidcProviders }: IamStore) {
  return {
    CreateOpenIDConnectProvider(input: CreateOpenIDConnectProviderRequest): CreateOpenIDConnectProviderResponse {
      const { Url: url = '', ClientIDList: clientIds = [], ThumbprintList: thumbprints = [] } = input;
      return { OpenIDConnectProviderArn: oidcProviders.create({ url, clientIds, thumbprints }).arn };
    },

    GetOpenIDConnectProvider(input: GetOpenIDConnectProviderRequest): GetOpenIDConnectProviderResponse {
      const provider = oidcProviders.get(input.OpenIDConnectProviderArn ?? '');
      return {
        Url: provider.url,
        ClientIDList: [...provider.clientIds],
        ThumbprintList: [...provider.thumbprints],
        CreateDate: toDate(provider.createdAt),
      };
    },

    ListOpenIDConnectProviders(): ListOpenIDConnectProvidersResponse {
      return { OpenIDConnectProviderList: oidcProviders.list().map(({ arn }) => ({ Arn: arn })) };
    },

    DeleteOpenIDConnectProvider(input: DeleteOpenIDConnectProviderRequest): object {
      oidcProviders.delete(input.OpenIDConnectProviderArn ?? '');
      return {};
    },

    AddClientIDToOpenIDConnectProvider(input: AddClientIDToOpenIDConnectProviderRequest): object {
      oidcProviders.addClientId(input.OpenIDConnectProviderArn ?? '', input.ClientID ?? '');
      return {};
    },

    RemoveClientIDFromOpenIDConnectProvider(input: RemoveClientIDFromOpenIDConnectProviderRequest): object {
      oidcProviders.removeClientId(input.OpenIDConnectProviderArn ?? '', input.ClientID ?? '');
      return {};
    },

    UpdateOpenIDConnectProviderThumbprint(input: UpdateOpenIDConnectProviderThumbprintRequest): object {
      oidcProviders.updateThumbprints(input.OpenIDConnectProviderArn ?? '', input.ThumbprintList ?? []);
      return {};
    },
  };
}
