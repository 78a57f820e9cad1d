const { getModule } = require('./running-program.cjs');

const words = getModule('certificates');
exports.selfSigned = words.selfSigned;
exports.credentialSecret = words.credentialSecret;
