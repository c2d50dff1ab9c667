import { Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { Answer, ApiOperation, ApiResponse } from '../openapi';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { AdminRoute } from '../audit/admin-route.decorator';
import { JsonBody, KeyIdParam, ProviderParam, QueryParams } from '../input/request.decorators';
import { BulkKeysService } from '../bulk-keys.service';
import { MOST_BULK_KEYS } from '../bulk-limit';
import { KeyAdminService } from '../key-admin.service';
import {
  ADDED_KEYS,
  CHECKED_KEY,
  KEY,
  KEY_DETAILS,
  KEY_PAGE,
  type AddedKeysView,
  type CheckedKeyView,
  type KeyDetailsView,
  type KeyView,
  type KeyPage,
} from '../schemas/answers';
import { ErrorAnswers, StoreAnswer } from '../error-answers';
import { KEYS_NOT_STORED } from '../schemas/errors';
import { BULK_NOT_STORED, BULK_RESULT, type BulkResultView } from '../schemas/bulk';
import {
  ADD_KEYS,
  BULK_KEYS,
  LIST_KEYS,
  UPDATE_KEY,
  type AddKeys,
  type BulkKeys,
  type ListKeys,
  type UpdateKey,
} from '../schemas/requests';

@ApiController('admin/providers/:provider/keys', 'keys')
export class KeysController {
  constructor(
    private readonly keys: KeyAdminService,
    private readonly bulkKeys: BulkKeysService,
  ) {}

  @Get()
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'List the keys of a provider, masked' })
  @Answer(200, () => KEY_PAGE)
  @ErrorAnswers(400)
  list(@ProviderParam() provider: string, @QueryParams(() => LIST_KEYS) query: ListKeys): KeyPage {
    return this.keys.page(provider, query);
  }

  @Post()
  @HttpCode(200)
  @AdminRoute('add_keys')
  @ApiOperation({
    summary: 'Check keys and add those that are not invalid',
    description: 'Idempotent: a key that is there already is reported as `present` and changed in nothing.',
  })
  @Answer(200, () => ADDED_KEYS)
  @ErrorAnswers(400, 409, 413, 415)
  @StoreAnswer(() => KEYS_NOT_STORED)
  add(@ProviderParam() provider: string, @JsonBody(() => ADD_KEYS) { keys }: AddKeys): Promise<AddedKeysView> {
    return this.keys.add(provider, keys);
  }

  @Post('bulk')
  @HttpCode(200)
  @AdminRoute('bulk_keys')
  @ApiOperation({
    summary: 'Check, enable, disable or delete many keys: those that are named, or all that match',
    description:
      `Give either \`ids\` or \`where\`; up to ${MOST_BULK_KEYS} keys. Idempotent, with a result for each key: one that is so already is \`unchanged\`, and one ` +
      'that is not there is `not_found`. Checks answer when the last one is done.',
  })
  @Answer(200, () => BULK_RESULT)
  @ErrorAnswers(400, 413, 415)
  @StoreAnswer(() => BULK_NOT_STORED)
  bulk(
    @ProviderParam() provider: string,
    @JsonBody(() => BULK_KEYS, { mostItems: MOST_BULK_KEYS }) request: BulkKeys,
  ): Promise<BulkResultView> {
    return this.bulkKeys.run(provider, request);
  }

  @Get(':id')
  @RequiredAccess('viewer')
  @ApiOperation({
    summary: 'Show one key, masked',
    description: 'With what is left of its limits, and what its calls used by model.',
  })
  @Answer(200, () => KEY_DETAILS)
  @ErrorAnswers(400)
  one(@ProviderParam() provider: string, @KeyIdParam() id: string): KeyDetailsView {
    return this.keys.details(provider, id);
  }

  @Patch(':id')
  @AdminRoute('update_key')
  @ApiOperation({ summary: 'Change label, weight, tier, limits or budgets of a key, or switch it off and on' })
  @Answer(200, () => KEY)
  @ErrorAnswers(400, 413, 415)
  @StoreAnswer()
  update(
    @ProviderParam() provider: string,
    @KeyIdParam() id: string,
    @JsonBody(() => UPDATE_KEY) changes: UpdateKey,
  ): Promise<KeyView> {
    return this.keys.update(provider, id, changes);
  }

  @Delete(':id')
  @HttpCode(204)
  @AdminRoute('delete_key')
  @ApiOperation({ summary: 'Delete a key' })
  @ApiResponse({ status: 204, description: 'Deleted.' })
  @ErrorAnswers(400)
  @StoreAnswer()
  delete(@ProviderParam() provider: string, @KeyIdParam() id: string): Promise<void> {
    return this.keys.delete(provider, id);
  }

  @Post(':id/check')
  @HttpCode(200)
  @AdminRoute('check_key')
  @ApiOperation({ summary: 'Check one key now', description: 'A disabled key is checked too, and stays disabled.' })
  @Answer(200, () => CHECKED_KEY)
  @ErrorAnswers(400, 409)
  check(@ProviderParam() provider: string, @KeyIdParam() id: string): Promise<CheckedKeyView> {
    return this.keys.check(provider, id);
  }
}
