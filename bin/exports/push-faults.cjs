const { getModule } = require('./running-program.cjs');

const words = getModule('push-faults');
exports.endedStream = words.endedStream;
exports.latePush = words.latePush;
exports.lostPush = words.lostPush;
exports.reorderedPush = words.reorderedPush;
