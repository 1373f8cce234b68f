// Puppeteer's own browser download is started by scripts/chrome.mjs, only when no Chrome is installed.
module.exports = { skipDownload: true }
