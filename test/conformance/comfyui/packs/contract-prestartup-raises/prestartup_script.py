raise RuntimeError("boom at prestartup")
