// As Nest's documentation bundles an app whole: what Nest loads only where it is installed is left out.
const OPTIONAL = ['@nestjs/websockets', '@nestjs/microservices', 'class-validator', 'class-transformer', 'protobufjs'];
const isOptional = (request) => OPTIONAL.some((name) => request === name || request.startsWith(`${name}/`));

module.exports = (options, webpack) => ({
  ...options,
  externals: [],
  plugins: [...options.plugins, new webpack.IgnorePlugin({ checkResource: isOptional })],
});
