import ts from 'typescript';
// eslint-disable-next-line @typescript-eslint/no-require-imports -- plain JavaScript, as a schematic is published
const { withModule } = require('../../schematics/nest-add/with-module.js') as {
  withModule(text: string, className: string | undefined, compiler: typeof ts): string | undefined;
};

const moduleOf = (settings: string): string =>
  `import { Module } from '@nestjs/common';\n\n@Module(${settings})\nexport class AppModule {}\n`;
const IMPORTS = `import { Module } from '@nestjs/common';\nimport { KeyManagementModule } from 'nestjs-ai-key-management';\n`;

it.each([
  ['an empty list', '{ imports: [], providers: [A] }', '{ imports: [KeyManagementModule.forRoot()], providers: [A] }'],
  ['a list in one line', '{ imports: [A, B] }', '{ imports: [A, B, KeyManagementModule.forRoot()] }'],
  [
    'a list in several lines, with a trailing comma',
    '{\n  imports: [\n    A,\n    B.forRoot({ c: [] }),\n  ],\n}',
    '{\n  imports: [\n    A,\n    B.forRoot({ c: [] }),\n    KeyManagementModule.forRoot(),\n  ],\n}',
  ],
  ['a list from elsewhere', '{ imports: LIST }', '{ imports: [...(LIST), KeyManagementModule.forRoot()] }'],
  ['a list by its name', '{ imports }', '{ imports: [...(imports), KeyManagementModule.forRoot()] }'],
  ['no list', '{\n  controllers: [A],\n}', '{\n  imports: [KeyManagementModule.forRoot()],\n  controllers: [A],\n}'],
  ['no list in one line', '{ controllers: [A] }', '{ imports: [KeyManagementModule.forRoot()], controllers: [A] }'],
  ['nothing at all', '{}', '{ imports: [KeyManagementModule.forRoot()] }'],
])('adds the module where the root module has %s', (_, before, after) => {
  expect(withModule(moduleOf(before), 'AppModule', ts)).toBe(moduleOf(after).replace(/^import.*\n/, IMPORTS));
});

it('changes nothing where it is there already', () => {
  const once = withModule(moduleOf('{}'), 'AppModule', ts)!;
  expect(withModule(once, 'AppModule', ts)).toBeUndefined();
  // Another name of the package is not the module.
  const other = `import type { KeyEvent } from 'nestjs-ai-key-management';\n${moduleOf('{}')}`;
  expect(withModule(other, 'AppModule', ts)).toContain('imports: [KeyManagementModule.forRoot()]');
});

it('keeps quotes and ends of lines, and takes the class that is named', () => {
  const text =
    'import { Module } from "@nestjs/common";\r\n@Module({})\r\nclass Other {}\r\n@Module({})\r\nclass Root {}\r\n';
  expect(withModule(text, 'Root', ts)).toBe(
    'import { Module } from "@nestjs/common";\r\nimport { KeyManagementModule } from "nestjs-ai-key-management";\r\n@Module({})\r\nclass Other {}\r\n@Module({ imports: [KeyManagementModule.forRoot()] })\r\nclass Root {}\r\n',
  );
});

it('says what to do where it finds no module', () => {
  expect(() => withModule('export class AppModule {}', 'AppModule', ts)).toThrow(
    'No class AppModule with @Module({ … }) was found. Add KeyManagementModule.forRoot() of nestjs-ai-key-management to its imports.',
  );
});
