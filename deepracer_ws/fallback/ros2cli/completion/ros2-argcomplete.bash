# Tab completion of `ros2` in bash and zsh; source it after install/setup.bash.
if type register-python-argcomplete > /dev/null 2>&1; then
  if [ -n "$ZSH_VERSION" ]; then
    autoload -U +X compinit && compinit -i -D
    autoload -U +X bashcompinit && bashcompinit
  fi
  eval "$(register-python-argcomplete ros2)"
fi
