"""Write tests/vectors/trust.json."""

from tools.vectors.whole import PATH, text

if __name__ == "__main__":
    PATH.write_text(text())
