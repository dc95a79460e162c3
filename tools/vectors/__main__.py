"""Write tests/vectors/trust.json, policy.json, log.json and message.json."""

from tools.vectors import log, message, policy, whole

if __name__ == "__main__":
    whole.PATH.write_text(whole.text())
    policy.PATH.write_text(policy.text())
    log.PATH.write_text(log.text())
    message.PATH.write_text(message.text())
