"""Write tests/vectors/trust.json, policy.json and log.json."""

from tools.vectors import log, policy, whole

if __name__ == "__main__":
    whole.PATH.write_text(whole.text())
    policy.PATH.write_text(policy.text())
    log.PATH.write_text(log.text())
