import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOperation, ApiResponse, ApiTags } from '../openapi';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { Audited } from '../audit/audited.decorator';
import { ErrorAnswers, KeysNotStoredDto, StoreAnswer } from '../dto/errors.dto';
import { AddedKeysDto, CheckedKeyDto, KeyDto, KeyPageDto } from '../dto/keys.dto';
import { KeyIdParam, ProviderParam } from '../dto/parameters';
import { ListKeysQuery } from '../dto/queries.dto';
import { AddKeysDto, NewKeyDto, UpdateKeyDto } from '../dto/requests.dto';
import { KeyIdPipe, ProviderNamePipe } from '../input/path.pipes';
import { KeyAdminService } from '../key-admin.service';

@ApiTags('keys')
@ApiBearerAuth()
@ApiExtraModels(NewKeyDto)
@ProviderParam()
@ApiController('admin/providers/:provider/keys')
export class KeysController {
  constructor(private readonly keys: KeyAdminService) {}

  @Get()
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'List the keys of a provider, masked' })
  @ApiResponse({ status: 200, type: KeyPageDto })
  @ErrorAnswers(400)
  list(@Param('provider', ProviderNamePipe) provider: string, @Query() query: ListKeysQuery): KeyPageDto {
    return this.keys.page(provider, query);
  }

  @Post()
  @HttpCode(200)
  @RequiredAccess('admin')
  @Audited('add_keys')
  @ApiOperation({
    summary: 'Check keys and add those that are not invalid',
    description: 'Idempotent: a key that is there already is reported as `present` and changed in nothing.',
  })
  @ApiResponse({ status: 200, type: AddedKeysDto })
  @ErrorAnswers(400, 409, 413, 415)
  @StoreAnswer(KeysNotStoredDto)
  add(@Param('provider', ProviderNamePipe) provider: string, @Body() { keys }: AddKeysDto): Promise<AddedKeysDto> {
    return this.keys.add(provider, keys);
  }

  @Get(':id')
  @RequiredAccess('viewer')
  @ApiOperation({ summary: 'Show one key, masked' })
  @KeyIdParam()
  @ApiResponse({ status: 200, type: KeyDto })
  @ErrorAnswers(400)
  one(@Param('provider', ProviderNamePipe) provider: string, @Param('id', KeyIdPipe) id: string): KeyDto {
    return this.keys.one(provider, id);
  }

  @Patch(':id')
  @RequiredAccess('admin')
  @Audited('update_key')
  @ApiOperation({ summary: 'Change label, weight or limits of a key, or switch it off and on' })
  @KeyIdParam()
  @ApiResponse({ status: 200, type: KeyDto })
  @ErrorAnswers(400, 413, 415)
  @StoreAnswer()
  update(
    @Param('provider', ProviderNamePipe) provider: string,
    @Param('id', KeyIdPipe) id: string,
    @Body() changes: UpdateKeyDto,
  ): Promise<KeyDto> {
    return this.keys.update(provider, id, changes);
  }

  @Delete(':id')
  @HttpCode(204)
  @RequiredAccess('admin')
  @Audited('delete_key')
  @ApiOperation({ summary: 'Delete a key' })
  @KeyIdParam()
  @ApiResponse({ status: 204, description: 'Deleted.' })
  @ErrorAnswers(400)
  @StoreAnswer()
  delete(@Param('provider', ProviderNamePipe) provider: string, @Param('id', KeyIdPipe) id: string): Promise<void> {
    return this.keys.delete(provider, id);
  }

  @Post(':id/check')
  @HttpCode(200)
  @RequiredAccess('admin')
  @Audited('check_key')
  @ApiOperation({ summary: 'Check one key now', description: 'A disabled key is checked too, and stays disabled.' })
  @KeyIdParam()
  @ApiResponse({ status: 200, type: CheckedKeyDto })
  @ErrorAnswers(400, 409)
  check(
    @Param('provider', ProviderNamePipe) provider: string,
    @Param('id', KeyIdPipe) id: string,
  ): Promise<CheckedKeyDto> {
    return this.keys.check(provider, id);
  }
}
